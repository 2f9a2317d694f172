using System.Globalization;
using System.Reflection;
using Dapr.Workflow;

namespace WorkflowSdk.Tests.PublicSurface;

/// <summary>
/// Workflows written against this assembly must compile against the official package, and the other way round: the public types are
/// exactly those of the list, and each has at least the members that the list gives it.
/// </summary>
public class PublicSurfaceTests
{
    private static readonly string[] Golden =
    [
        .. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "PublicSurface", "dapr-workflow-1.18.5.txt"))
            .Where(line => line.Length > 0 && line[0] != '#'),
    ];

    private static readonly Assembly Sdk = typeof(DaprWorkflowClient).Assembly;

    [Fact]
    public void The_assembly_has_the_name_of_the_package() => Assert.Equal("Dapr.Workflow", Sdk.GetName().Name);

    [Fact]
    public void The_public_types_are_those_of_the_list()
    {
        var listed = Golden.Where(line => line[0] != ' ').Select(line => line.Split(" : ")[0]).Order(StringComparer.Ordinal);

        Assert.Equal(listed, Sdk.GetExportedTypes().Select(FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_listed_member_is_there_with_its_parameters_and_defaults()
    {
        var types = Sdk.GetExportedTypes().ToDictionary(FullName);
        List<string> missing = [];
        HashSet<string> members = [];
        foreach (var line in Golden)
        {
            if (line[0] != ' ')
            {
                var parts = line.Split(" : ");
                var type = types[parts[0]];
                var traits = parts[1].Split(", ", 2);
                if (Kind(type) != traits[0])
                    missing.Add($"{parts[0]} is {Kind(type)}, not {traits[0]}");
                var bases = type.GetInterfaces().Append(type.BaseType).OfType<Type>().Select(Name).ToHashSet();
                missing.AddRange(
                    traits.Skip(1).SelectMany(all => all.Split(", ")).Where(each => !bases.Contains(each)).Select(each => $"{parts[0]} : {each}")
                );
                members = [.. Members(type)];
            }
            else if (!members.Contains(line.Trim()))
            {
                missing.Add(line.Trim());
            }
        }

        Assert.True(missing.Count == 0, "Not as listed:\n" + string.Join('\n', missing));
    }

    private static string FullName(Type type) => $"{(type.IsNested ? $"{type.DeclaringType!.FullName}+" : $"{type.Namespace}.")}{Name(type)}";

    private static string Kind(Type type) =>
        type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return Enum.GetNames(type)
                .Select(each =>
                    string.Create(CultureInfo.InvariantCulture, $"{each} = {Convert.ToInt32(Enum.Parse(type, each), CultureInfo.InvariantCulture)}")
                );
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return
        [
            .. type.GetConstructors(Declared).Select(each => $".ctor({Parameters(each)})"),
            .. type.GetProperties(Declared).Select(Property),
            .. type.GetMethods(Declared).Where(each => !each.IsSpecialName || each.Name.StartsWith("op_", StringComparison.Ordinal)).Select(Method),
        ];
    }

    private static string Property(PropertyInfo property)
    {
        var nullability = new NullabilityInfoContext().Create(property);
        return $"{Modifier(property.GetMethod!)}{Annotated(property.PropertyType, nullability.ReadState)} {property.Name} "
            + (property.SetMethod is { IsPublic: true } ? "{ get; set; }" : "{ get; }");
    }

    private static string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(each => each.Name))}>" : "";
        var constraints = method.IsGenericMethodDefinition ? string.Join(", ", method.GetGenericArguments().SelectMany(Constraints)) : "";
        var result = new NullabilityInfoContext().Create(method.ReturnParameter);
        return $"{Modifier(method)}{Annotated(method.ReturnType, result.ReadState)} {method.Name}{generic}({Parameters(method)})"
            + (constraints.Length > 0 ? $" where {constraints}" : "");
    }

    private static IEnumerable<string> Constraints(Type parameter)
    {
        if (parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            yield return "class";
        foreach (var each in parameter.GetGenericParameterConstraints())
            yield return Name(each);
    }

    private static string Modifier(MethodInfo method) =>
        method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true, IsFinal: false } when method.Name != nameof(ToString) => "virtual ",
            _ => "",
        };

    private static string Parameters(MethodBase method) =>
        string.Join(
            ", ",
            method
                .GetParameters()
                .Select(each =>
                {
                    var nullability = new NullabilityInfoContext().Create(each);
                    var type = Annotated(each.ParameterType, each.IsOut ? NullabilityState.NotNull : nullability.WriteState);
                    return $"{(each.IsOut ? "out " : "")}{type} {each.Name}{(each.HasDefaultValue ? $" = {Default(each)}" : "")}";
                })
        );

    private static string Default(ParameterInfo parameter) =>
        parameter.DefaultValue switch
        {
            null when parameter.ParameterType == typeof(CancellationToken) => "default",
            null => "null",
            bool flag => flag ? "true" : "false",
            var value when parameter.ParameterType.IsEnum => Enum.GetName(parameter.ParameterType, value)!,
            var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

    private static string Annotated(Type type, NullabilityState state) =>
        Nullable.GetUnderlyingType(type) is { } inner
            ? $"{Name(inner)}?"
            : Name(type) + (!type.IsValueType && !type.IsGenericTypeParameter && state == NullabilityState.Nullable ? "?" : "");

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return $"{Name(inner)}?";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[]";
        return type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : type.Name;
    }
}
