using System.Xml.Linq;

namespace EmbeddedDapr.Tests.Architecture;

/// <summary><c>-p:DaprWorkflow=official</c> swaps the package for runtime/WorkflowSdk: a project that names only one of them breaks that.</summary>
public class WorkflowSdkSwitchTests
{
    private const string Project = "WorkflowSdk.csproj";
    private const string Package = "Dapr.Workflow";

    [Fact]
    public void Every_project_that_compiles_workflows_names_both_sides_of_the_switch()
    {
        var users = Directory
            .EnumerateFiles(Root(), "*.csproj", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) is not (Project or "WorkflowSdk.Tests.csproj"))
            .Select(file => (File: file, References: XDocument.Load(file).Descendants().Where(IsWorkflowSdk).ToList()))
            .Where(each => each.References.Count > 0)
            .ToList();

        Assert.NotEmpty(users);
        Assert.All(
            users,
            each =>
                Assert.Equal(
                    ["PackageReference when '$(DaprWorkflow)' == 'official'", "ProjectReference when '$(DaprWorkflow)' == 'sdk'"],
                    each.References.Select(reference => $"{reference.Name.LocalName} when {reference.Attribute("Condition")?.Value}")
                        .Order(StringComparer.Ordinal)
                )
        );
    }

    private static bool IsWorkflowSdk(XElement element) =>
        element.Name.LocalName switch
        {
            "ProjectReference" => element.Attribute("Include")?.Value.EndsWith(Project, StringComparison.Ordinal) == true,
            "PackageReference" => element.Attribute("Include")?.Value == Package,
            _ => false,
        };

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Dapr.Anomaly.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException($"no solution above {AppContext.BaseDirectory}");
        return folder.FullName;
    }
}
