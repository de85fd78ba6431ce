using System.Text.Json.Serialization;
using FlowStudio.Engine.Callbacks;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api.Native;

/// <summary>A completion webhook's message about one run to one receiver.</summary>
/// <param name="Id">The header <c>webhook-id</c> of every attempt.</param>
/// <param name="Url">Where to; the values of its query are not shown.</param>
/// <param name="Source">Who asked for it: <c>flow</c>, <c>schedule</c> or <c>call</c>.</param>
/// <param name="Kind">The shape of the message: <c>native</c>, or a dialect's.</param>
/// <param name="Status"><c>armed</c> (the run has not ended), <c>pending</c>, <c>delivered</c> or <c>failed</c> (given up, or not wanted any more).</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="DueAt">When it is tried next; null unless it is pending.</param>
/// <param name="FinishedAt">When it was taken or given up.</param>
/// <param name="History">All attempts, oldest first; not in lists.</param>
sealed record DeliveryView(Guid Id, Guid RunId, Guid FlowId, string Url, string Source, string Kind, string Status, int Attempts, DateTimeOffset? DueAt,
    DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, AttemptView? LastAttempt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<AttemptView>? History = null)
{
    public static DeliveryView Of(Delivery delivery, IReadOnlyList<DeliveryAttempt>? history = null) => new(delivery.Id, delivery.RunId, delivery.FlowId,
        CallbackUrl.Redact(delivery.Target.Url), DeliveryNames.Of(delivery.Target.Source), delivery.Target.Kind, DeliveryNames.Of(delivery.Status), delivery.Attempts,
        delivery.DueAt, delivery.CreatedAt, delivery.FinishedAt, delivery.LastAttempt is { } last ? AttemptView.Of(last) : null,
        history is null ? null : [.. history.Select(AttemptView.Of)]);
}

/// <summary>One attempt.</summary>
/// <param name="StatusCode">The HTTP status of the answer; null when none came.</param>
/// <param name="Code">What went wrong when no answer came, for programs, such as <c>timeout</c>.</param>
/// <param name="Error">Why it failed, in words; null when the message was taken.</param>
/// <param name="Answer">The first 4 KiB of the answer's body.</param>
sealed record AttemptView(int Number, DateTimeOffset At, double DurationMs, int? StatusCode, string? Code, string? Error, string? Answer)
{
    public static AttemptView Of(DeliveryAttempt attempt) => new(attempt.Number, attempt.At, Math.Round(attempt.Duration.TotalMilliseconds, 3), attempt.StatusCode,
        attempt.ErrorCode, attempt.Error, attempt.Answer);
}

/// <summary>What a flow's completion webhooks are signed with.</summary>
/// <param name="Secret"><c>whsec_</c> and base64, for any library of Standard Webhooks.</param>
/// <param name="PreviousSecret">The one before: it signs too until <paramref name="PreviousUntil"/>; null when there is none any more.</param>
sealed record SigningSecretView(string Secret, DateTimeOffset MadeAt, string? PreviousSecret, DateTimeOffset? PreviousUntil)
{
    public static SigningSecretView Of(SigningSecret secret) => new(secret.Current, secret.MadeAt, secret.Previous, secret.PreviousUntil);
}

/// <summary>Where a test goes.</summary>
/// <param name="Url">Default: the flow's completion webhook.</param>
sealed record CallbackTestInput(string? Url);
