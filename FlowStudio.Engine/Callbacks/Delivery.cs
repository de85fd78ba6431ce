using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Callbacks;

/// <summary>Where a message about a run's end is.</summary>
public enum DeliveryStatus
{
    /// <summary>It waits for the run to end.</summary>
    Armed,

    /// <summary>It is sent as soon as <see cref="Delivery.DueAt"/> has come and the receiver is not held to be down.</summary>
    Pending,

    /// <summary>The receiver took it: it answered with 2xx in time.</summary>
    Delivered,

    /// <summary>It was given up, or the receiver does not want it any more (410).</summary>
    Failed,
}

/// <summary>A message about a run's end to one receiver, over all its attempts.</summary>
public sealed record Delivery
{
    /// <summary>UUIDv7; the header <c>webhook-id</c> of every attempt.</summary>
    public required Guid Id { get; init; }

    public required Guid RunId { get; init; }

    public required Guid FlowId { get; init; }

    public required CallbackTarget Target { get; init; }

    public required DeliveryStatus Status { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>How often since it was made due, or somebody asked for it again: where it is in the retry schedule.</summary>
    public int Tries { get; init; }

    /// <summary>When it is tried next; null unless it is pending.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was taken or given up.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The newest attempt, in lists too.</summary>
    public DeliveryAttempt? LastAttempt { get; init; }
}

/// <summary>One attempt to tell.</summary>
public sealed record DeliveryAttempt
{
    /// <summary>Counted from 1 over the whole delivery.</summary>
    public required int Number { get; init; }

    public required DateTimeOffset At { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>The HTTP status of the answer; null when none came.</summary>
    public int? StatusCode { get; init; }

    /// <summary>A stable code when the attempt failed without an answer, such as <c>timeout</c> or <c>connect_failed</c>.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>Why it failed, in words; null when it did not.</summary>
    public string? Error { get; init; }

    /// <summary>The first 4 KiB of the answer's body as text; null when none came.</summary>
    public string? Answer { get; init; }

    public bool IsSuccess => StatusCode is >= 200 and < 300 && Error is null;
}

/// <summary>Which deliveries to list.</summary>
public sealed record DeliveryFilter
{
    public Guid? RunId { get; init; }

    public Guid? FlowId { get; init; }

    public DeliveryStatus? Status { get; init; }
}

/// <summary>A page of deliveries, newest first.</summary>
public sealed record DeliveryPage(IReadOnlyList<Delivery> Items, string? NextCursor);

/// <summary>Names of enum members as they are stored and sent.</summary>
public static class DeliveryNames
{
    public static string Of(DeliveryStatus status) => status switch
    {
        DeliveryStatus.Armed => "armed",
        DeliveryStatus.Pending => "pending",
        DeliveryStatus.Delivered => "delivered",
        DeliveryStatus.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, message: null),
    };

    public static string Of(CallbackSource source) => source switch
    {
        CallbackSource.Flow => "flow",
        CallbackSource.Schedule => "schedule",
        CallbackSource.Call => "call",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, message: null),
    };

    public static DeliveryStatus? Status(string name) => Enum.GetValues<DeliveryStatus>().Cast<DeliveryStatus?>().FirstOrDefault(s => Of(s.GetValueOrDefault()) == name);

    public static CallbackSource? Source(string name) => Enum.GetValues<CallbackSource>().Cast<CallbackSource?>().FirstOrDefault(s => Of(s.GetValueOrDefault()) == name);
}
