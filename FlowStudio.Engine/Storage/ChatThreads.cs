using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <inheritdoc/>
sealed class ChatThreads(SqliteConnections connections, IWriteLane lane) : IChatThreads
{
    public async Task<IReadOnlyList<ThreadHead>> ListAsync(Guid flowId, string prefix, int limit, CancellationToken cancellationToken)
    {
        await using var reader = await connections.OpenReaderAsync(cancellationToken);
        // Along ux_threads_external_key, and of each thread one message.
        await using var command = reader.Command(
            """
            SELECT t.id, t.external_key, coalesce((SELECT substr(m.text, 1, 200) FROM messages m WHERE m.thread_id = t.id ORDER BY m.id LIMIT 1), ''), t.created_at
            FROM threads t WHERE t.flow_id = @flow AND t.external_key >= @from AND t.external_key < @to ORDER BY t.external_key DESC LIMIT @limit
            """,
            ("@flow", flowId),
            ("@from", prefix),
            ("@to", prefix + '\uffff'),
            ("@limit", Math.Max(0, limit)));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var heads = new List<ThreadHead>();
        while (await rows.ReadAsync(cancellationToken))
            heads.Add(new(rows.Id(0), rows.GetString(1), rows.GetString(2), rows.Time(3)));
        return heads;
    }

    public Task<bool> DeleteAsync(Guid threadId, CancellationToken cancellationToken) => lane.WriteAsync(
        db =>
        {
            db.Messages.Where(m => m.ThreadId == threadId).ExecuteDelete();
            return db.Threads.Where(t => t.Id == threadId).ExecuteDelete() > 0;
        },
        cancellationToken);
}
