using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Threads;

/// <summary>What a finished node did to the state.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Wrote">What it wrote into the state; of a node that writes nothing there, its outputs by port.</param>
/// <param name="Messages">Messages that it added.</param>
/// <param name="Streamed">They were streamed before, under the same id.</param>
/// <param name="Changed">The state is another than before.</param>
public sealed record StateStep(string NodeId, JsonElement Wrote, IReadOnlyList<JsonElement> Messages, bool Streamed, bool Changed);

/// <summary>
/// What a run's events make of a thread's state: messages of chat nodes are added, and output nodes give values by their titles. The same events always give
/// the same state, ids included, so a stream that is followed live and one that is read later agree with what is stored.
/// </summary>
public sealed class StateFold
{
    const string Messages = "messages";
    const string Output = "output";

    readonly Guid runId;
    readonly OrderedDictionary<string, JsonElement> values = new(StringComparer.Ordinal);
    readonly List<JsonElement> messages = [];
    readonly Dictionary<string, Node> nodes;
    readonly Func<string, ComponentDescriptor?> components;
    readonly OrderedDictionary<string, StringBuilder> streams = new(StringComparer.Ordinal);
    readonly bool hasOutputNodes;
    readonly bool keepsHuman;

    /// <param name="runId">The thread's run.</param>
    /// <param name="start">The state with the run's input applied.</param>
    /// <param name="document">What runs; null when it is gone.</param>
    /// <param name="saidByInput">The input brought its messages itself: what Chat Input says is among them.</param>
    public StateFold(Guid runId, JsonElement start, FlowDocument? document, Func<string, ComponentDescriptor?> components, bool saidByInput)
    {
        this.runId = runId;
        this.components = components;
        keepsHuman = !saidByInput;
        nodes = (document?.Nodes ?? []).GroupBy(n => n.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        hasOutputNodes = nodes.Values.Any(n => !n.Disabled && components(n.Type) is { IsOutput: true });
        Read(start, values, messages);
    }

    /// <summary>The state as it is now.</summary>
    public JsonElement Values => Write(values, messages);

    /// <summary>The id of the message that a node streams.</summary>
    public string StreamId(RunEventView e) => StreamId(e.NodeId ?? "", e.Iteration, e.Attempt);

    /// <summary>The node's name for people; its id when it is gone.</summary>
    public string LabelOf(string nodeId) => nodes.GetValueOrDefault(nodeId)?.Label ?? nodeId;

    /// <summary>Splits a state into its values and its messages.</summary>
    public static void Read(JsonElement state, OrderedDictionary<string, JsonElement> values, List<JsonElement> messages)
    {
        if (state.ValueKind is not JsonValueKind.Object)
            return;
        foreach (var member in state.EnumerateObject())
        {
            if (member.Name == Messages && member.Value.ValueKind is JsonValueKind.Array)
                messages.AddRange(member.Value.EnumerateArray());
            else
                values[member.Name] = member.Value;
        }
    }

    /// <summary>A state with something laid over it: messages are added, all else is set.</summary>
    public static JsonElement Apply(JsonElement? state, JsonElement given, Func<Guid> newId)
    {
        var laid = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        var said = new List<JsonElement>();
        if (state is { } before)
            Read(before, laid, said);
        if (given.ValueKind is JsonValueKind.Object)
        {
            foreach (var member in given.EnumerateObject())
            {
                if (member.Name == Messages && member.Value.ValueKind is not JsonValueKind.Null)
                    StateMessages.Add(said, member.Value, newId);
                else if (member.Name != Messages)
                    laid[member.Name] = member.Value;
            }
        }
        return Write(laid, said);
    }

    /// <summary>Whether an input brings messages itself.</summary>
    public static bool HasMessages(JsonElement input) =>
        input.ValueKind is JsonValueKind.Object && input.TryGetProperty(Messages, out var given) && given.ValueKind is not JsonValueKind.Null;

    /// <summary>What an input is to a flow: the last human text for Chat Input, beside all that was given.</summary>
    public static JsonElement ForFlow(JsonElement input)
    {
        if (!HasMessages(input) || input.TryGetProperty("input_value", out _) || StateMessages.LastHuman(input.GetProperty(Messages)) is not { } text)
            return input;
        return JsonText.Element((input, text), static (json, i) =>
        {
            json.WriteStartObject();
            json.WriteString("input_value"u8, i.text);
            foreach (var member in i.input.EnumerateObject())
                member.WriteTo(json);
            json.WriteEndObject();
        });
    }

    /// <summary>Takes an event in its turn; what a finished node did, else null.</summary>
    public StateStep? Apply(RunEventView e)
    {
        switch (e.Type)
        {
            case RunEventTypes.Token:
                var key = StreamId(e);
                if (!streams.TryGetValue(key, out var text))
                    streams[key] = text = new StringBuilder();
                var offset = e.Data.TryGetProperty("offset", out var at) ? at.GetInt32() : text.Length;
                if (offset <= text.Length)
                    text.Length = offset;
                text.Append(e.Text("text"));
                return null;
            case RunEventTypes.NodeFinished:
                return Finished(e);
            case RunEventTypes.RunFinished when !hasOutputNodes && e.Data.TryGetProperty("output", out var output) && output.ValueKind is not JsonValueKind.Null:
                values[Output] = output;
                return null;
            default:
                return null;
        }
    }

    /// <summary>The text that a node has streamed so far.</summary>
    public string StreamedBy(RunEventView e) => streams.TryGetValue(StreamId(e), out var text) ? text.ToString() : "";

    StateStep Finished(RunEventView e)
    {
        var id = e.NodeId ?? "";
        var ports = e.Data.TryGetProperty("output", out var output) && output.ValueKind is JsonValueKind.Object ? output : JsonText.EmptyObject;
        var node = nodes.GetValueOrDefault(id);
        var descriptor = node is null ? null : components(node.Type);
        var said = new List<JsonElement>();
        var streamed = false;
        if (descriptor is { IsOutput: true } || (keepsHuman && descriptor is { IsTrigger: true }))
        {
            foreach (var port in ports.EnumerateObject().Where(p => ChatMessage.IsMessage(p.Value)))
                said.Add(Said(port.Value, ref streamed));
        }
        messages.AddRange(said);
        var label = "";
        JsonElement value = default;
        if (descriptor is { IsOutput: true } && node is not null && ports.GetPropertyCount() > 0)
        {
            label = node.Label == Messages ? node.Id : node.Label;
            value = ports.GetPropertyCount() == 1 ? First(ports) : ports;
            values[label] = value;
        }
        var changed = said.Count > 0 || label.Length > 0;
        if (!changed)
            return new(id, ports, [], Streamed: false, Changed: false);
        var wrote = JsonText.Element((said, label, value), static (json, w) =>
        {
            json.WriteStartObject();
            if (w.said.Count > 0)
                WriteMessages(json, w.said);
            if (w.label.Length > 0)
            {
                json.WritePropertyName(w.label);
                w.value.WriteTo(json);
            }
            json.WriteEndObject();
        });
        return new(id, wrote, said, streamed, Changed: true);
    }

    JsonElement Said(JsonElement message, ref bool streamed)
    {
        var text = message.GetProperty("text").GetString() ?? "";
        var type = message.GetProperty("sender").ValueEquals("User") ? "human" : "ai";
        var id = StateMessages.IdOf(message) ?? StreamId("message", [messages.Count], 1);
        for (var i = streams.Count - 1; type == "ai" && text.Length > 0 && i >= 0; i--)
        {
            var stream = streams.GetAt(i);
            if (stream.Value.Length != text.Length || !stream.Value.Equals(text.AsSpan()))
                continue;
            // The answer of a model that was passed on as it is: the same message, and once only.
            (id, streamed) = (stream.Key, true);
            streams.RemoveAt(i);
            break;
        }
        return StateMessages.New(type, text, id);
    }

    static JsonElement First(JsonElement ports)
    {
        var value = ports.EnumerateObject().First().Value;
        return ChatMessage.IsMessage(value) ? JsonText.Element(JsonText.OfMessage(value)) : value;
    }

    string StreamId(string nodeId, IReadOnlyList<int> iteration, int attempt)
    {
        var path = iteration.Count == 0 ? "" : "." + string.Join('.', iteration);
        return $"run-{runId}-{nodeId}{path}{(attempt > 1 ? $"-{attempt}" : "")}";
    }

    static JsonElement Write(OrderedDictionary<string, JsonElement> values, List<JsonElement> messages) => JsonText.Element((values, messages), static (json, s) =>
    {
        json.WriteStartObject();
        WriteMessages(json, s.messages);
        foreach (var (name, value) in s.values)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
        json.WriteEndObject();
    });

    static void WriteMessages(Utf8JsonWriter json, List<JsonElement> messages)
    {
        json.WriteStartArray("messages"u8);
        foreach (var message in messages)
            message.WriteTo(json);
        json.WriteEndArray();
    }
}
