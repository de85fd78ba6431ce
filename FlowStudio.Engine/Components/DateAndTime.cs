using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Tells the time, and works with dates. The arithmetic is in <see cref="Moment"/>.</summary>
public sealed class DateAndTime(TimeProvider time) : IComponent
{
    const string Add = "add";
    const string Difference = "difference";

    static readonly InputPort DateIn = new("date", PortType.Message, PortType.Number) { Help = "The date to work with, when that comes from the flow." };
    static readonly InputPort UntilIn = new("until", PortType.Message, PortType.Number) { Help = "The date up to which a difference counts, when that comes from the flow." };
    static readonly InputPort AmountIn = new("amount", PortType.Number, PortType.Message) { Help = "How much is added, when that comes from the flow." };

    static readonly TextField Operation = Field.Choice("operation",
        "write: gives the date, or now, in the zone and format. add: moves it first. difference: counts the time from the date to the other.", "write", Add, Difference) with
    {
        ToolParameter = true,
    };

    static readonly TextField Date = Field.Text("date", "The date to work with, as 2025-02-13 or 2025-02-13 12:00 or in seconds since 1970; empty: now.") with
    {
        Placeholder = "now",
        ToolParameter = true,
    };

    static readonly TextField Until = Field.Text("until", "The date up to which the difference counts; empty: now.") with
    {
        Placeholder = "now",
        ToolParameter = true,
        ShownWhen = ("operation", [Difference]),
    };

    static readonly NumberField Amount = Field.Number("amount", "How much is added; below zero it is taken away. Months and years are whole numbers.")
        .Default(1).Between(-1e12, 1e12) with
    {
        ToolParameter = true,
        ShownWhen = ("operation", [Add]),
    };

    static readonly TextField Unit = Field.Choice("unit", "What is added or counted. Days and longer keep the time of day; a month's end stays in the month.",
        "days", "seconds", "minutes", "hours", "weeks", "months", "years") with
    {
        ToolParameter = true,
        ShownWhen = ("operation", [Add, Difference]),
    };

    static readonly TextField Zone = Field.Text("timezone", "The zone for dates without one and for what is written, such as Europe/Berlin or America/New_York.").Default("UTC") with
    {
        Title = "Time zone",
        ToolParameter = true,
    };

    static readonly TextField Format = Field.Text("format",
        "How it is written: yyyy MM dd HH mm ss, zzz for the offset, dddd and MMMM for names, 'text' as it is. Empty: 2025-02-13T12:00:00+01:00.") with
    {
        Placeholder = "yyyy-MM-dd HH:mm",
        ShownWhen = ("operation", ["write", Add]),
    };

    static readonly TextField InputFormat = Field.Text("input_format", "How the incoming dates are written, when in another way: dd.MM.yyyy or MM/dd/yyyy HH:mm.") with
    {
        Placeholder = "dd.MM.yyyy",
        Advanced = true,
    };

    static readonly OutputPort Text = new("text", PortType.Message) { Help = "The date in the format; the difference as a number." };
    static readonly OutputPort Data = new("data", PortType.Data) { Help = "The date in parts: iso, date, time, year, month, day, weekday, week, offset, unix and more." };
    static readonly OutputPort Number = new("number", PortType.Number) { Help = "Seconds since 1970; the difference in its unit." };

    public static ComponentDescriptor Descriptor { get; } =
        new("DateTime", "Date & Time", Category.Data, Effects.External, "Tells the time, writes dates as needed, adds to them and counts between them.")
        {
            Inputs = [DateIn, UntilIn, AmountIn],
            Fields = [Operation, Date, Until, Amount, Unit, Zone, Format, InputFormat],
            Outputs = [Text, Data, Number],
            Highlights = ["operation", "timezone"],
            Check = Check,
        };

    public ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var (operation, amount, unit, format) = (node.Get(Operation), node.Get(Amount), node.Get(Unit), node.Get(Format));
        if (node.Input(AmountIn) is { } given)
            amount = Figure.TryRead(ChatMessage.IsMessage(given) ? given.GetProperty("text"u8) : given, out var figure)
                ? figure.ToDouble()
                : throw new NodeException("not_a_number", $"{node.Node.Label}: the amount is '{Excerpt.Of(JsonText.OfMessage(given), 60)}', which is not a number.", "Connect a number, written as 12.5.");
        try
        {
            var zone = Moment.ZoneOf(node.Get(Zone));
            var date = Read(node, DateIn, Date, zone);
            if (operation is Difference)
                return ValueTask.FromResult(Counted(node, date, Read(node, UntilIn, Until, zone), unit));
            return ValueTask.FromResult(Written(node, operation is Add ? date.Add(amount, unit) : date, format));
        }
        catch (NodeException e)
        {
            throw new NodeException(e.Error with { Message = $"{node.Node.Label}: {e.Error.Message}" }, e);
        }
    }

    Moment Read(NodeContext node, InputPort port, TextField field, TimeZoneInfo zone) =>
        node.Text(port, field).Trim() is { Length: > 0 } text && !text.Equals("now", StringComparison.OrdinalIgnoreCase)
            ? Moment.Parse(text, node.Get(InputFormat), zone)
            : Moment.At(time.GetUtcNow(), zone);

    static NodeResult Written(NodeContext node, Moment moment, string format)
    {
        var outputs = new List<PortValue>(3) { new(Text.Name, JsonText.Element(moment.Write(format))) };
        if (node.Wants(Data))
            outputs.Add(new(Data.Name, JsonText.Element(moment, static (json, m) => m.WriteParts(json))));
        if (node.Wants(Number))
            outputs.Add(new(Number.Name, JsonText.Element(moment.UnixSeconds, static (json, seconds) => json.WriteNumberValue(seconds))));
        return NodeResult.Of(outputs);
    }

    static NodeResult Counted(NodeContext node, Moment from, Moment until, string unit)
    {
        var difference = Moment.Between(from, until, unit);
        var number = JsonText.Element(difference, static (json, d) => json.WriteNumberValue(d));
        var outputs = new List<PortValue>(3) { new(Text.Name, JsonText.Element(number.GetRawText())) };
        if (node.Wants(Data))
        {
            outputs.Add(new(Data.Name, JsonText.Element((difference, unit, from, until), static (json, d) =>
            {
                json.WriteStartObject();
                json.WriteNumber("difference"u8, d.difference);
                json.WriteString("unit"u8, d.unit);
                json.WriteString("from"u8, d.from.Write(""));
                json.WriteString("until"u8, d.until.Write(""));
                json.WriteEndObject();
            })));
        }
        if (node.Wants(Number))
            outputs.Add(new(Number.Name, number));
        return NodeResult.Of(outputs);
    }

    static IEnumerable<FlowProblem> Check(Node node) =>
    [
        .. Problems(node, Zone, static text => Moment.ZoneOf(text)),
        .. Problems(node, Format, static text => Moment.At(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc).Write(text)),
        .. Problems(node, InputFormat, static text => Moment.CheckFormat(text)),
    ];

    static IEnumerable<FlowProblem> Problems(Node node, TextField field, Action<string> read)
    {
        try
        {
            if (NodeSettings.Text(node, field) is { Length: > 0 } text)
                read(text);
            return [];
        }
        catch (NodeException e)
        {
            return [NodeSettings.Invalid(node, field.Name, $"{node.Label}: {e.Error.Message}", e.Error.Remedy)];
        }
    }
}
