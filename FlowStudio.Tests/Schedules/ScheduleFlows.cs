using FlowStudio.Engine.Flows;

namespace FlowStudio.Tests.Schedules;

/// <summary>Flows that schedules start in tests.</summary>
static class ScheduleFlows
{
    /// <summary>A trigger's input as a message.</summary>
    public static FlowDocument Echo() => new FlowBuilder()
        .Node("hook", "Webhook").Node("fill", "DataToMessage", new { template = "Hello {name}" }).Node("out", "ChatOutput")
        .Edge("hook.output_data", "fill.data").Edge("fill.text", "out.input_value").Build();

    /// <summary>The same after an hour of waiting: its run does not end by itself.</summary>
    public static FlowDocument Slow() => new FlowBuilder()
        .Node("hook", "Webhook").Node("wait", "Delay", new { hours = 1000 }).Node("fill", "DataToMessage", new { template = "Hello {name}" }).Node("out", "ChatOutput")
        .Edge("hook.output_data", "wait.input").Edge("wait.output", "fill.data").Edge("fill.text", "out.input_value").Build();
}
