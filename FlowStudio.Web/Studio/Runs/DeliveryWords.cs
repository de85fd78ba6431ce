using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Studio.Runs;

/// <summary>How the studio says what became of completion webhooks.</summary>
public static class DeliveryWords
{
    public static string Of(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Armed => "Waits for the end",
        DeliveryStatus.Pending => "Pending",
        DeliveryStatus.Delivered => "Delivered",
        DeliveryStatus.Failed => "Given up",
        _ => status.ToString(),
    };

    /// <summary>The pill's class.</summary>
    public static string Look(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Pending => "warn",
        DeliveryStatus.Delivered => "ok",
        DeliveryStatus.Failed => "bad",
        _ => "",
    };

    public static string Of(CallbackSource source) => source switch
    {
        CallbackSource.Flow => "the flow's setting",
        CallbackSource.Schedule => "its schedule",
        CallbackSource.Call => "its call",
        _ => source.ToString(),
    };

    /// <summary>"200", or what kept an answer from coming.</summary>
    public static string Outcome(DeliveryAttempt attempt) =>
        attempt.StatusCode is { } status ? status.ToString(System.Globalization.CultureInfo.InvariantCulture) : attempt.ErrorCode?.Replace('_', ' ') ?? "failed";
}
