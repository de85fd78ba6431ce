namespace FlowStudio.Engine.Callbacks;

/// <summary>Deliveries and their attempts in the database. The journal writes new ones with their run and makes them due with its end.</summary>
public interface IDeliveryRows
{
    /// <summary>A page, newest first; <paramref name="cursor"/> is what the page before gave.</summary>
    /// <exception cref="FormatException">The cursor is not one of ours.</exception>
    Task<DeliveryPage> ListAsync(DeliveryFilter filter, string? cursor, int limit, CancellationToken cancellationToken);

    Task<Delivery?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>All attempts, oldest first.</summary>
    Task<IReadOnlyList<DeliveryAttempt>> AttemptsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Every server that something waits for, with the earliest time, and the earliest after <paramref name="now"/>.</summary>
    Task<IReadOnlyList<EndpointDue>> EndpointsAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>What is due for a server, in the order of the times.</summary>
    Task<IReadOnlyList<Delivery>> DueAsync(string endpoint, DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Stores an attempt and what follows from it; false when the delivery is gone.</summary>
    Task<bool> RecordAsync(Guid id, DeliveryAttempt attempt, DeliveryVerdict verdict, CancellationToken cancellationToken);

    /// <summary>Makes a delivery due again, at the start of the retry schedule; null when there is none, and as it is while its run has not ended.</summary>
    Task<Delivery?> RequeueAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>A server that something waits for.</summary>
/// <param name="First">The earliest time, perhaps gone by.</param>
/// <param name="Next">The earliest time still to come; null when there is none.</param>
public sealed record EndpointDue(string Endpoint, DateTimeOffset First, DateTimeOffset? Next);

/// <summary>What follows from an attempt.</summary>
/// <param name="Status">Where the delivery is now.</param>
/// <param name="DueAt">The next attempt when it is pending.</param>
/// <param name="FinishedAt">Set when it is not.</param>
public sealed record DeliveryVerdict(DeliveryStatus Status, int Tries, DateTimeOffset? DueAt, DateTimeOffset? FinishedAt);
