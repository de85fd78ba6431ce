using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowStudio.Engine;

namespace FlowStudio.Web.Api.Langflow.Files;

/// <summary>
/// An edge of a Langflow file. Its ends are told by handles: objects in <c>data</c>, or the same objects as texts in which every quotation mark is an
/// <c>œ</c>, as HTML ids cannot have those.
/// </summary>
readonly record struct LangflowEdge(JsonElement Json)
{
    public const char Quote = 'œ';

    public string Source => LangflowNode.Text(Json, "source") ?? "";

    public string Target => LangflowNode.Text(Json, "target") ?? "";

    JsonElement From => Handle("sourceHandle");

    JsonElement To => Handle("targetHandle");

    /// <summary>Where it ends, as the file says it; undefined when it does not.</summary>
    public JsonElement TargetHandle => To;

    /// <summary>The output's name; null when the handle does not say.</summary>
    public string? Output => LangflowNode.Text(From, "name");

    /// <summary>The field's name; null when the edge goes back into a loop, or the handle does not say.</summary>
    public string? Field => LangflowNode.Text(To, "fieldName");

    /// <summary>The edge closes a loop's body: its target is written as an output is.</summary>
    public bool Returns => Field is null && LangflowNode.Member(To, "output_types").ValueKind is JsonValueKind.Array;

    /// <summary>The output's types as Langflow names them.</summary>
    public IEnumerable<string> Types => LangflowNode.Items(From, "output_types").Where(t => t.ValueKind is JsonValueKind.String).Select(t => t.GetString() ?? "");

    /// <summary>The same edge with other ends; null leaves one as it is.</summary>
    public LangflowEdge With((string Node, string Output)? source, (string Node, string Field)? target)
    {
        if (source is null && target is null)
            return this;
        var json = JsonNode.Parse(Json.GetRawText()) as JsonObject ?? [];
        if (json["data"] is not JsonObject data)
            json["data"] = data = [];
        if (source is { } from)
            Put("source", "sourceHandle", From, from.Node, "name", from.Output);
        if (target is { } to)
            Put("target", "targetHandle", To, to.Node, Returns ? "name" : "fieldName", to.Field);
        return new(KeptFile.ToElement(json));

        void Put(string end, string name, JsonElement before, string node, string port, string value)
        {
            var handle = before.ValueKind is JsonValueKind.Object ? JsonNode.Parse(before.GetRawText()) as JsonObject ?? [] : [];
            handle["id"] = node;
            handle[port] = value;
            handle.Remove("proxy");
            json[end] = node;
            json[name] = HandleText(handle);
            data[name] = handle;
        }
    }

    /// <summary>A handle as a text.</summary>
    public static string HandleText(JsonObject handle) => handle.ToJsonString(Plain).Replace('"', Quote);

    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    JsonElement Handle(string name)
    {
        if (LangflowNode.Member(LangflowNode.Member(Json, "data"), name) is { ValueKind: JsonValueKind.Object } handle)
            return handle;
        if (LangflowNode.Text(Json, name) is not { Length: > 0 } text)
            return default;
        return JsonCheck.TryParse(Encoding.UTF8.GetBytes(text.Replace(Quote, '"')), out var read, out _) && read.ValueKind is JsonValueKind.Object ? read : default;
    }
}
