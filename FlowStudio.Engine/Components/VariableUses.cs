using System.Collections.Concurrent;
using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>A field of a node that names a variable.</summary>
/// <param name="Draft">Whether the draft does.</param>
/// <param name="Live">Whether the published version does that calls run.</param>
public sealed record VariableUse(Guid FlowId, string FlowName, string NodeId, string Node, string Field, bool Draft, bool Live);

/// <summary>
/// Where variables are used: by drafts and live versions, by reference or in a field for a secret. Every flow is read once, when somebody first asks;
/// afterwards only those that were written since.
/// </summary>
public sealed class VariableUses : IDisposable
{
    const int Page = 200;

    readonly IFlowStore flows;
    readonly ComponentCatalog catalog;
    readonly ConcurrentDictionary<Guid, bool> written = [];
    readonly Dictionary<Guid, IReadOnlyList<(string Variable, VariableUse Use)>> byFlow = [];
    readonly SemaphoreSlim reading = new(1, 1);
    ILookup<string, VariableUse> found = Enumerable.Empty<(string Variable, VariableUse Use)>().ToLookup(u => u.Variable, u => u.Use, StringComparer.Ordinal);
    bool filled;

    public VariableUses(IFlowStore flows, ComponentCatalog catalog)
    {
        this.flows = flows;
        this.catalog = catalog;
        flows.Changed += OnChanged;
    }

    /// <summary>All uses by variable, as of now; the first call reads every flow.</summary>
    public async Task<ILookup<string, VariableUse>> FindAsync(CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken);
        try
        {
            var changed = !filled;
            if (!filled)
            {
                // What is written from here on is read again below, or next time.
                byFlow.Clear();
                await FillAsync(cancellationToken);
                filled = true;
            }
            foreach (var id in written.Keys)
            {
                if (!written.TryRemove(id, out _))
                    continue;
                changed = true;
                try
                {
                    if (await flows.FindAsync(id, cancellationToken) is { } flow)
                        await ReadAsync(flow, cancellationToken);
                    else
                        byFlow.Remove(id);
                }
                catch
                {
                    written[id] = true;
                    throw;
                }
            }
            if (changed)
            {
                found = byFlow.Values.SelectMany(u => u).OrderBy(u => u.Use.FlowName, StringComparer.OrdinalIgnoreCase)
                    .ToLookup(u => u.Variable, u => u.Use, StringComparer.Ordinal);
            }
            return found;
        }
        finally
        {
            reading.Release();
        }
    }

    async Task FillAsync(CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await flows.ListAsync(search: null, cursor, Page, cancellationToken);
            foreach (var flow in page.Items)
                await ReadAsync(flow, cancellationToken);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    async Task ReadAsync(Flow flow, CancellationToken cancellationToken)
    {
        var draft = Uses(flow.Draft);
        var live = flow.LiveVersion is { } number && await flows.FindVersionAsync(flow.Id, number, cancellationToken) is { } version ? Uses(version.Document) : [];
        var all = draft.Concat(live).DistinctBy(u => u.Key).Select(u => (u.Key.Variable, new VariableUse(flow.Id, flow.Name, u.Key.Node, u.Label, u.Key.Field,
            draft.Any(d => d.Key == u.Key), live.Any(l => l.Key == u.Key)))).ToList();
        if (all.Count == 0)
            byFlow.Remove(flow.Id);
        else
            byFlow[flow.Id] = all;
    }

    List<((string Variable, string Node, string Field) Key, string Label)> Uses(FlowDocument document) =>
        [.. document.Nodes.SelectMany(n => Names(n).Distinct().Select(u => ((u.Variable, n.Id, u.Field), Label(n))))];

    string Label(Node node) => node.Title.Length > 0 ? node.Title : catalog.Find(node.Type)?.Title ?? node.Type;

    IEnumerable<(string Variable, string Field)> Names(Node node)
    {
        var descriptor = catalog.Find(node.Type);
        foreach (var read in descriptor?.ReadsVariables?.Invoke(node) ?? [])
            yield return read;
        var secrets = descriptor?.Fields.Where(f => f.Kind is FieldKind.Secret).Select(f => f.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var (field, value) in node.Settings)
        {
            if (secrets.Contains(field) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } name)
                yield return (name, field);
            foreach (var reference in References(value))
                yield return (reference, field);
        }
    }

    static IEnumerable<string> References(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when VariableReference.TryRead(value, out var reference) => [reference.Name],
        JsonValueKind.Object => value.EnumerateObject().SelectMany(m => References(m.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(References),
        _ => [],
    };

    void OnChanged(Guid id) => written[id] = true;

    public void Dispose()
    {
        flows.Changed -= OnChanged;
        reading.Dispose();
    }
}
