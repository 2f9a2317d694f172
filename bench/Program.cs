using BenchmarkDotNet.Running;

// dotnet run -c Release --project bench -- --filter '*Lstm*' --inProcess
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
