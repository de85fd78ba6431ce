using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Components;

/// <summary>Passes its input on after a while. A long wait is the run's: it holds neither task nor memory, and outlives restarts.</summary>
public sealed class Delay(TimeProvider time) : IComponent
{
    const double MaxDays = 3_660;

    /// <summary>Up to here putting the run to sleep costs more than waiting.</summary>
    static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    static readonly InputPort Input = new("input", PortType.Any) { Required = true, Help = "Whatever is to come later." };

    static readonly NumberField Days = Field.Number("days", "Days to wait, added to the rest.").Default(0).Between(0, MaxDays) with { Unit = "days" };
    static readonly NumberField Hours = Field.Number("hours", "Hours to wait, added to the rest.").Default(0).Between(0, MaxDays * 24) with { Unit = "h" };

    static readonly NumberField Minutes = Field.Number("minutes", "Minutes to wait, added to the rest.").Default(0).Between(0, MaxDays * 24 * 60) with
    {
        Unit = "min",
    };

    static readonly NumberField Seconds = Field.Number("seconds", "Seconds to wait, added to the rest; parts of a second are fine.")
        .Default(0).Between(0, MaxDays * 24 * 3600) with
    {
        Unit = "s",
    };

    static readonly OutputPort Output = new("output", PortType.Any) { Help = "What came in, unchanged." };

    public static ComponentDescriptor Descriptor { get; } =
        new("Delay", "Delay", Category.Route, Effects.External, "Waits, for seconds or for weeks, then passes on what came in.")
        {
            Inputs = [Input],
            Fields = [Seconds, Minutes, Hours, Days],
            Outputs = [Output],
            Highlights = ["seconds", "minutes", "hours"],
            Check = Check,
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var value = node.Input(Input) ?? JsonText.Null;
        if (node.Resumed is null)
        {
            var wait = TimeSpan.FromDays(node.Get(Days)) + TimeSpan.FromHours(node.Get(Hours))
                + TimeSpan.FromMinutes(node.Get(Minutes)) + TimeSpan.FromSeconds(node.Get(Seconds));
            if (wait > Short)
                return NodeResult.WaitUntil(time.GetUtcNow() + wait);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, cancellationToken);
        }
        return NodeResult.Of(Output, value);
    }

    static IEnumerable<FlowProblem> Check(Node node)
    {
        // A time from a variable is known only when the node runs.
        if (Descriptor.Fields.All(f => NodeSettings.Value(node, f) is { ValueKind: JsonValueKind.Number } value && value.GetDouble() == 0))
        {
            yield return new("missing_setting", ProblemSeverity.Warning, node.Id, Seconds.Name, $"{node.Label} waits for no time at all.",
                "Give it seconds, minutes, hours or days.");
        }
    }
}
