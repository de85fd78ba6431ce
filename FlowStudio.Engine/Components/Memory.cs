using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>
/// Reads a conversation, or adds to it. Reading happens when the step runs. The run's own messages are left out unless asked for: whether Chat Input
/// has said its own already would be a matter of luck, as nothing need connect the two. Fields and outputs are named as in Langflow's Message History.
/// </summary>
public sealed class Memory(TimeProvider time) : IComponent
{
    const string Retrieve = "Retrieve";
    const string Store = "Store";
    const string Everybody = "Machine and User";
    const string Ascending = "Ascending";
    const int MaxMessages = 1_000;

    /// <summary>How far back messages of one sender are looked for.</summary>
    const int MaxRead = 10_000;

    static readonly (string, string[]) WhenReading = ("mode", [Retrieve]);
    static readonly (string, string[]) WhenStoring = ("mode", [Store]);

    static readonly InputPort Message = new("message", PortType.Message, PortType.Data, PortType.Number, PortType.Boolean) { Help = "What is added to the conversation, in the mode Store." };
    static readonly InputPort SessionIn = new("session_id", PortType.Message, PortType.Number) { Title = "Session", Help = "Which session is read, when that comes from the flow." };

    static readonly TextField Mode = Field.Choice("mode", "Retrieve reads messages; Store adds one to the conversation of this run.", Retrieve, Store);

    static readonly TextField Session = Field.Text("session_id", "Which session of this flow is read; empty: that of the run.") with
    {
        Title = "Session",
        Advanced = true,
        ShownWhen = WhenReading,
    };

    static readonly NumberField Limit = Field.Integer("n_messages", "How many messages are read at most, the newest.").Default(100).Between(1, MaxMessages) with
    {
        Title = "Number of messages",
        Unit = "messages",
        ShownWhen = WhenReading,
    };

    static readonly TextField SenderType = Field.Choice("sender_type", "Whose messages are read.", Everybody, "User", "Machine") with
    {
        Title = "Senders",
        Advanced = true,
        ShownWhen = WhenReading,
    };

    static readonly TextField Order = Field.Choice("order", "Ascending: the oldest first, as one reads. Descending: the newest first.", Ascending, "Descending") with
    {
        Advanced = true,
        ShownWhen = WhenReading,
    };

    static readonly TextField Template = Field.Template("template", "How a message is written in the text, with {sender_name}, {sender}, {text}, {timestamp} and {session_id}.")
        .Default("{sender_name}: {text}") with
    {
        Advanced = true,
        ShownWhen = WhenReading,
    };

    static readonly SwitchField OwnRun = Field.Switch("include_current", "Read the messages of this run too; off: only what was said before it.").Default(value: false) with
    {
        Title = "Include this run",
        Advanced = true,
        ShownWhen = WhenReading,
    };

    static readonly TextField Sender = Field.Choice("sender", "Who says it, when what comes in is no message that says so: the machine, or the user.", "Machine", "User") with { ShownWhen = WhenStoring };
    static readonly TextField SenderName = Field.Text("sender_name", "The speaker's name as others see it; empty: AI or User.") with { Advanced = true, ShownWhen = WhenStoring };

    static readonly OutputPort Text = new("messages_text", PortType.Message) { Title = "Text", Help = "The messages as text, one after the other; in the mode Store the one that was added." };
    static readonly OutputPort Table = new("dataframe", PortType.Table) { Title = "Table", Help = "The messages as a table: timestamp, sender, sender_name, session_id, text, id." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Memory", "Message History", Category.Data, Effects.External, "Reads what was said in the conversation, or adds to it.")
        {
            Inputs = [Message, SessionIn],
            Fields = [Mode, Limit, SenderType, Order, Template, Session, OwnRun, Sender, SenderName],
            Outputs = [Text, Table],
            Highlights = ["mode", "n_messages"],
            Check = node => TemplateChecks.Problems(node, Template),
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var question = new Question((int)node.Get(Limit), node.Get(SenderType), node.Get(OwnRun));
        var (mode, order, sender, template) = (node.Get(Mode), node.Get(Order), node.Get(Sender), TextTemplate.Parse(node.Get(Template)));
        if (mode is Store)
        {
            var added = Add(node, sender);
            return Result(node, [added], added.Text);
        }
        var messages = await ReadAsync(node, question, cancellationToken);
        if (order is not Ascending)
            messages.Reverse();
        return Result(node, messages, node.Wants(Text) ? JoinedText.Of(messages.Select(m => template.Fill(m.Json)), "\n") : "");
    }

    ThreadMessage Add(NodeContext node, string sender)
    {
        var said = node.Input(Message) ?? throw new NodeException("missing_input", $"{node.Node.Label}: nothing is connected to {Message.Title}, so there is nothing to store.",
            "Draw an edge to it, or choose the mode Retrieve.");
        var name = node.Get(SenderName);
        if (ChatMessage.IsMessage(said))
        {
            // What somebody said stays theirs.
            sender = said.GetProperty("sender"u8).GetString() is "User" ? "User" : "Machine";
            if (name.Length == 0 && said.TryGetProperty("sender_name"u8, out var theirs))
                name = JsonText.Of(theirs);
        }
        if (name.Length == 0)
            name = sender is "User" ? "User" : "AI";
        var message = ChatMessage.New(node, sender, name, JsonText.OfMessage(said), time);
        node.Say(message);
        return message;
    }

    static async Task<List<ThreadMessage>> ReadAsync(NodeContext node, Question question, CancellationToken cancellationToken)
    {
        var session = node.Text(SessionIn, Session).Trim();
        for (var limit = question.Limit; ; limit = Math.Min(limit * 4, MaxRead))
        {
            var read = session.Length == 0 ? await node.MessagesAsync(limit, cancellationToken) : await node.MessagesAsync(session, limit, cancellationToken);
            var found = read.Where(m => question.Wants(m, node.Run.RunId)).TakeLast(question.Limit).ToList();
            if (found.Count == question.Limit || read.Count < limit || limit == MaxRead)
                return found;
        }
    }

    static NodeResult Result(NodeContext node, IReadOnlyList<ThreadMessage> messages, string text)
    {
        var outputs = new List<PortValue>(2) { new(Text.Name, JsonText.Element(text)) };
        if (node.Wants(Table))
            outputs.Add(new(Table.Name, JsonText.Element(messages, Write)));
        return NodeResult.Of(outputs);
    }

    static void Write(Utf8JsonWriter json, IReadOnlyList<ThreadMessage> messages)
    {
        json.WriteStartArray();
        foreach (var message in messages)
        {
            json.WriteStartObject();
            json.WriteString("timestamp"u8, message.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
            json.WriteString("sender"u8, message.Sender);
            json.WriteString("sender_name"u8, message.SenderName);
            json.WriteString("session_id"u8, message.Json.TryGetProperty("session_id"u8, out var session) ? JsonText.Of(session) : "");
            json.WriteString("text"u8, message.Text);
            json.WriteString("id"u8, message.Id);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    sealed record Question(int Limit, string Senders, bool OwnRun)
    {
        public bool Wants(ThreadMessage message, Guid run) => (OwnRun || message.RunId != run) && (Senders is Everybody || message.Sender == Senders);
    }
}
