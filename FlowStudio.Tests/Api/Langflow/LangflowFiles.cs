using System.Runtime.CompilerServices;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Llm;
using FlowStudio.Engine.Secrets;
using FlowStudio.Tests.Components;
using FlowStudio.Web.Api;
using FlowStudio.Web.Api.Langflow.Files;
using Xunit;

namespace FlowStudio.Tests.Api.Langflow;

/// <summary>Files that Langflow wrote, and smaller ones in its format.</summary>
static class LangflowFiles
{
    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder(), "*.json").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public static JsonElement Read(string name) => JsonText.Parse(File.ReadAllBytes(Path.Combine(Folder(), name)));

    /// <summary>The importer without a server: its variables are these.</summary>
    public static LangflowFlows Flows(params (string Name, string Value)[] variables) =>
        new(NodeTest.Catalog, [new Service("openai", "OPENAI_API_KEY"), new Service("anthropic", "ANTHROPIC_API_KEY")], new Variables(variables));

    public static ForeignFlow Import(JsonElement file, bool demoModel = false) => Flows().Read(file, Guid.Parse("019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41"), demoModel);

    public static ForeignFlow Import(string json) => Import(JsonDocument.Parse(json).RootElement);

    public static JsonElement Export(FlowStudio.Engine.Flows.Flow flow) => KeptFile.ToElement(new LangflowExport(NodeTest.Catalog).Write(flow));

    /// <summary>A file of these nodes and edges.</summary>
    public static string Flow(string nodes, string edges = "", string more = "") =>
        """{"name":"Small","is_component":false""" + Then(more) + ""","data":{"nodes":[""" + nodes + """],"edges":[""" + edges + """],"viewport":{"x":1,"y":2,"zoom":0.5}}}""";

    public static string Node(string id, string type, string template = "", string more = "") =>
        $"{{\"id\":\"{id}\",\"type\":\"genericNode\",\"position\":{{\"x\":10.5,\"y\":-20}},\"data\":{{\"id\":\"{id}\",\"type\":\"{type}\",\"node\":{{\"display_name\":\"{type}\""
        + Then(more) + ""","template":{"_type":"Component","code":{"type":"code","value":"class X: pass"}""" + Then(template) + """},"outputs":[]}}}""";

    static string Then(string more) => more.Length > 0 ? "," + more : "";

    /// <summary>An edge in the form that has its handles as texts.</summary>
    public static string Edge(string source, string output, string target, string field, string type = "Message") =>
        $"{{\"source\":\"{source}\",\"target\":\"{target}\",\"sourceHandle\":\"{{œdataTypeœ:œXœ,œidœ:œ{source}œ,œnameœ:œ{output}œ,œoutput_typesœ:[œ{type}œ]}}\","
        + $"\"targetHandle\":\"{{œfieldNameœ: œ{field}œ, œidœ: œ{target}œ, œinputTypesœ: [œ{type}œ], œtypeœ: œstrœ}}\"}}";

    static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here) ?? "", "Files");

    sealed record Service(string Name, string Key) : ILlmProvider
    {
        public LlmDefaults? Defaults => new("https://models.example.test", "NO_BASE_URL", Key, "model") { NeedsKey = true };

        public Task<LlmAnswer> CompleteAsync(LlmRequest request, Action<string>? onToken, CancellationToken cancellationToken) => throw new NotSupportedException("Nothing is asked here.");
    }

    sealed class Variables((string Name, string Value)[] all) : IVariables
    {
        public string? Find(string name) => Array.Find(all, v => v.Name == name).Value;
    }
}
