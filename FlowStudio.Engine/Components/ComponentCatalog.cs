using System.Collections.Frozen;
using System.Reflection;
using FlowStudio.Engine.Flows;
using Microsoft.Extensions.DependencyInjection;

namespace FlowStudio.Engine.Components;

/// <summary>
/// All components, found by reflection and checked before anything runs. What the palette, the inspector, validation and the API know of a component
/// comes from here.
/// </summary>
public sealed class ComponentCatalog : INodeShapes
{
    readonly FrozenDictionary<string, Entry> byType;

    /// <param name="services">Where the components' constructor parameters come from.</param>
    /// <exception cref="ComponentCatalogException">Some components are wrong; it names every problem.</exception>
    public ComponentCatalog(IServiceProvider services)
        : this(
            typeof(ComponentCatalog).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IComponent))),
            services)
    {
    }

    internal ComponentCatalog(IEnumerable<Type> classes, IServiceProvider services)
    {
        var problems = new List<string>();
        var entries = new List<Entry>();
        foreach (var type in classes.OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            if (Load(type, services, problems) is { } entry)
                entries.Add(entry);
        }
        problems.AddRange(entries.GroupBy(e => e.Descriptor.Type, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)
            .Select(g => $"The type {g.Key} is declared by {string.Join(" and ", g.Select(e => e.Executor.GetType().Name))}. Give each its own."));
        if (problems.Count > 0)
            throw new ComponentCatalogException(problems);
        byType = entries.ToFrozenDictionary(e => e.Descriptor.Type, StringComparer.Ordinal);
        All = [.. entries.Select(e => e.Descriptor).Where(d => !d.IsHidden).OrderBy(d => d.Category).ThenBy(d => d.Title, StringComparer.Ordinal)];
    }

    /// <summary>Every component that can be placed, by category, then title.</summary>
    public IReadOnlyList<ComponentDescriptor> All { get; }

    /// <summary>The component of a type, or null.</summary>
    public ComponentDescriptor? Find(string type) => byType.TryGetValue(type, out var entry) ? entry.Descriptor : null;

    /// <summary>What does the work of a type's nodes, or null.</summary>
    public INodeExecutor? Executor(string type) => byType.TryGetValue(type, out var entry) ? entry.Executor : null;

    /// <summary>The type's icon as SVG (24 × 24, drawn in the current colour), or null.</summary>
    public string? Icon(string type) => byType.TryGetValue(type, out var entry) ? entry.Icon : null;

    public NodeShape? ShapeOf(Node node)
    {
        if (Find(node.Type) is not { } descriptor)
            return null;
        var problems = NodeSettings.Problems(node, descriptor, out var readable).ToList();
        IReadOnlyList<InputPort> inputs = readable && descriptor.DynamicInputs is { } make ? [.. descriptor.Inputs, .. make(node)] : descriptor.Inputs;
        if (readable)
        {
            problems.AddRange(NodeSettings.Unknown(node, descriptor, inputs));
            if (descriptor.Check is { } check)
                problems.AddRange(check(node));
        }
        IReadOnlyList<OutputPort> outputs = readable && descriptor.DynamicOutputs is { } give ? [.. descriptor.Outputs, .. give(node)] : descriptor.Outputs;
        return new NodeShape(inputs, outputs, descriptor.IsTrigger, descriptor.ReturnPort, problems)
        {
            CanBeTool = descriptor.CanBeTool,
            ItemPort = descriptor.ItemPort,
            ToolParameters = [.. descriptor.Fields.Where(f => f.ToolParameter).Select(f => f.Name)],
            FilledInputs = [.. inputs.Where(i => i.Required && NodeSettings.Fills(node, descriptor, i)).Select(i => i.Name)],
        };
    }

    public IReadOnlyList<string> Suggest(string type) => type.Length > Similarity.MaxLength ? [] :
    [
        .. All.Select(d => (d.Type, Distance: Math.Min(Similarity.Distance(type, d.Type), Similarity.Distance(type, d.Title))))
            .Where(s => s.Distance <= Math.Max(2, type.Length / 3))
            .OrderBy(s => s.Distance).ThenBy(s => s.Type, StringComparer.Ordinal)
            .Take(3).Select(s => s.Type),
    ];

    static Entry? Load(Type type, IServiceProvider services, List<string> problems)
    {
        try
        {
            var property = type.GetProperty(nameof(IComponent.Descriptor), BindingFlags.Public | BindingFlags.Static);
            if (property?.GetValue(obj: null) is not ComponentDescriptor descriptor)
            {
                problems.Add($"{type.Name} has no descriptor. Declare: public static ComponentDescriptor Descriptor {{ get; }} = …");
                return null;
            }
            var icon = ReadIcon(type);
            problems.AddRange(DescriptorRules.Problems(descriptor, icon).Select(p => $"{type.Name}: {p}"));
            return new(descriptor, (INodeExecutor)ActivatorUtilities.CreateInstance(services, type), icon ?? "");
        }
        catch (Exception e) when (e is InvalidOperationException or TargetInvocationException or TypeInitializationException or MissingMethodException)
        {
            problems.Add($"{type.Name} can't be made: {(e.InnerException ?? e).Message}");
            return null;
        }
    }

    static string? ReadIcon(Type type)
    {
        using var stream = type.Assembly.GetManifestResourceStream("icon:" + type.Name);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    sealed record Entry(ComponentDescriptor Descriptor, INodeExecutor Executor, string Icon);
}

/// <summary>Components that can't be used as they are; the program must not start with them.</summary>
public sealed class ComponentCatalogException(IReadOnlyList<string> problems)
    : Exception($"{problems.Count} problem(s) with components:\n- {string.Join("\n- ", problems)}")
{
    /// <summary>Every problem, each a sentence.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}

/// <summary>How far two names are apart, whatever their case.</summary>
static class Similarity
{
    public const int MaxLength = 64;

    /// <summary>Insertions, deletions and replacements from one to the other (Levenshtein); names beyond 64 characters are cut.</summary>
    public static int Distance(string from, string to)
    {
        var a = from.AsSpan(0, Math.Min(from.Length, MaxLength));
        var b = to.AsSpan(0, Math.Min(to.Length, MaxLength));
        Span<int> row = stackalloc int[MaxLength + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
