using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>Flows of Langflow's files, and the models that lack a key.</summary>
sealed class LangflowFlows(ComponentCatalog catalog, IEnumerable<ILlmProvider> providers, IVariables variables) : IForeignFlows
{
    const string Demo = "demo";

    readonly LangflowExport export = new(catalog);
    readonly LangflowLosses losses = new(catalog);

    readonly Dictionary<string, LlmDefaults> services =
        providers.Where(p => p.Defaults is not null).ToDictionary(p => p.Name, p => p.Defaults ?? throw new InvalidOperationException("Filtered above."), StringComparer.Ordinal);

    public string Program => "Langflow";

    public ForeignFile Write(Flow flow) => new(KeptFile.ToElement(export.Write(flow)), losses.Of(flow));

    /// <summary>Langflow keeps nodes and edges under data.</summary>
    public bool Knows(JsonElement file)
    {
        if (file.ValueKind is not JsonValueKind.Object || file.TryGetProperty("format", out _) || !file.TryGetProperty("data", out var data))
            return false;
        return data.ValueKind is JsonValueKind.Object
            ? data.TryGetProperty("nodes", out var nodes) && nodes.ValueKind is JsonValueKind.Array && data.TryGetProperty("edges", out _)
            : data.ValueKind is JsonValueKind.Null && file.TryGetProperty("is_component", out _);
    }

    public ForeignFlow Read(JsonElement file, Guid id, bool demoModel)
    {
        var read = LangflowImport.Read(file, id, catalog);
        var missing = Missing(read.Flow.Draft);
        var flow = demoModel ? read.Flow with { Draft = WithDemo(read.Flow.Draft, missing) } : read.Flow;
        return new(flow, Told(read.Report, read.Flow.Draft, demoModel ? [] : missing));
    }

    public ImportReport? ReportOf(Flow flow)
    {
        if (KeptFile.Of(flow.Draft) is not { } kept)
            return null;
        var file = new JsonObject
        {
            ["name"] = flow.Name,
            ["data"] = new JsonObject
            {
                ["nodes"] = new JsonArray([.. kept.Nodes.Select(n => JsonNode.Parse(n.Json.GetRawText()))]),
                ["edges"] = new JsonArray([.. kept.Edges.Select(e => JsonNode.Parse(e.Json.GetRawText()))]),
            },
        };
        return Told(LangflowImport.Read(KeptFile.ToElement(file), flow.Id, catalog).Report, flow.Draft, Missing(flow.Draft));
    }

    public FlowDocument WithDemoModel(FlowDocument document) => WithDemo(document, Missing(document));

    /// <summary>The report with the variables that are to be set.</summary>
    ImportReport Told(ImportReport report, FlowDocument document, IReadOnlyList<string> missing)
    {
        var notes = document.Nodes.Where(n => missing.Contains(n.Id, StringComparer.Ordinal))
            .Select(n => new ImportNote(n.Id, $"{n.Label}: the key of its model's service is missing.", $"Keep it under Variables as {KeyName(n)}, or use the demo model."));
        return report with { Notes = [.. report.Notes, .. notes], MissingKeys = missing };
    }

    static FlowDocument WithDemo(FlowDocument document, IReadOnlyList<string> ids) => ids.Count == 0 ? document : document with
    {
        Nodes = [.. document.Nodes.Select(n => ids.Contains(n.Id, StringComparer.Ordinal)
            ? n with { Settings = new(n.Settings, StringComparer.Ordinal) { ["provider"] = JsonText.Element(Demo) } }
            : n)],
    };

    IReadOnlyList<string> Missing(FlowDocument document)
    {
        // A model that is connected brings its own key.
        var given = document.Edges.Where(e => e.To.Port == "model").Select(e => e.To.Node).ToHashSet(StringComparer.Ordinal);
        return [.. document.Nodes.Where(n => !given.Contains(n.Id) && IsWithoutKey(n)).Select(n => n.Id)];
    }

    bool IsWithoutKey(Node node)
    {
        if (!LangflowMapping.OfOurs(node.Type).AsksModel || !services.TryGetValue(Text(node, "provider"), out var service))
            return false;
        if (Text(node, "api_key") is { Length: > 0 } own)
            return variables.Find(own) is not { Length: > 0 };
        var usual = Text(node, "base_url").Length == 0 && variables.Find(service.BaseUrlVariable) is not { Length: > 0 };
        return usual && service is { NeedsKey: true, KeyVariable: { } key } && variables.Find(key) is not { Length: > 0 };
    }

    string KeyName(Node node) => Text(node, "api_key") is { Length: > 0 } own ? own : services.GetValueOrDefault(Text(node, "provider"))?.KeyVariable ?? "";

    static string Text(Node node, string name) => node.Settings.TryGetValue(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() ?? "" : "";
}
