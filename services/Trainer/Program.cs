await Dapr.Anomaly.Trainer.TrainerHost.Build(args).RunAsync();
