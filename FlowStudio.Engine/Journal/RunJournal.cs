namespace FlowStudio.Engine.Journal;

/// <summary>
/// The only writer of run state. Callers await only what must be durable before they go on: acceptance, the start, the output of a node
/// with effects, the end.
/// </summary>
public sealed class RunJournal(IJournalWriter writer)
{
    /// <summary>Durable when it completes; false when the change did not apply.</summary>
    /// <exception cref="StorageException">The database cannot write now and the entry gives up.</exception>
    public ValueTask<bool> WriteAsync(JournalEntry entry)
    {
        writer.Post(entry);
        return entry.Task;
    }

    /// <summary>Will be durable with one of the next groups; nobody waits for it.</summary>
    public void Write(AppendEntry entry) => writer.Post(entry);
}
