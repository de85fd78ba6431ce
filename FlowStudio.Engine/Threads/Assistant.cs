using System.Text.Json;

namespace FlowStudio.Engine.Threads;

/// <summary>A flow with a configuration of its own, under a name: what a caller names instead of the flow.</summary>
public sealed record Assistant
{
    public required Guid Id { get; init; }

    public required Guid FlowId { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>Laid under each run's own.</summary>
    public JsonElement Config { get; init; } = JsonText.EmptyObject;

    /// <summary>Laid under each run's own.</summary>
    public JsonElement Context { get; init; } = JsonText.EmptyObject;

    /// <summary>Any object: the caller's own facts. Each run has them too.</summary>
    public JsonElement Metadata { get; init; } = JsonText.EmptyObject;

    /// <summary>The one in use: a change makes a new one, counted from 1, and an older one can be taken up again.</summary>
    public int Version { get; init; } = 1;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>Assistants in the database, with all their versions.</summary>
public interface IAssistantRows
{
    Task<Assistant?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>All, in no order.</summary>
    Task<IReadOnlyList<Assistant>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Stores a new one as its first version; false when there is one with this id.</summary>
    Task<bool> AddAsync(Assistant assistant, CancellationToken cancellationToken);

    /// <summary>Stores what <paramref name="change"/> makes of it as a new version; null when there is none.</summary>
    Task<Assistant?> ChangeAsync(Guid id, Func<Assistant, Assistant> change, CancellationToken cancellationToken);

    /// <summary>Deletes it with its versions; false when there is none.</summary>
    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>All versions, newest first; empty when there is no such assistant.</summary>
    Task<IReadOnlyList<Assistant>> VersionsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Takes up a version again; null when there is no such assistant or version.</summary>
    Task<Assistant?> TakeUpAsync(Guid id, int version, DateTimeOffset now, CancellationToken cancellationToken);
}
