using System.Text;
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

    public Task<IReadOnlyList<ThreadMessage>> RenameAsync(Guid threadId, ChatThread renamed, Func<ThreadMessage, ThreadMessage> change, CancellationToken cancellationToken) =>
        lane.WriteAsync<IReadOnlyList<ThreadMessage>>(
            db =>
            {
                var rows = db.Messages.Where(m => m.ThreadId == threadId).ToList();
                if (rows.Count == 0)
                    return [];
                if (!db.Threads.Any(t => t.Id == renamed.Id))
                {
                    var createdAt = db.Threads.Where(t => t.Id == threadId).Select(t => (DateTimeOffset?)t.CreatedAt).FirstOrDefault() ?? renamed.CreatedAt;
                    db.Threads.Add(new() { Id = renamed.Id, FlowId = renamed.FlowId, ExternalKey = renamed.ExternalKey, CreatedAt = createdAt });
                }
                foreach (var row in rows)
                {
                    Write(row, change(Read(row)));
                    row.ThreadId = renamed.Id;
                }
                db.SaveChanges();
                if (threadId != renamed.Id)
                    db.Threads.Where(t => t.Id == threadId).ExecuteDelete();
                return [.. rows.Select(Read).OrderBy(m => m.Id.ToString(), StringComparer.Ordinal)];
            },
            cancellationToken);

    public Task<(ThreadMessage Message, ChatThread Thread)?> ChangeMessageAsync(Guid id, Func<ThreadMessage, ThreadMessage> change, CancellationToken cancellationToken) =>
        lane.WriteAsync<(ThreadMessage, ChatThread)?>(
            db =>
            {
                if (db.Messages.FirstOrDefault(m => m.Id == id) is not { } row || db.Threads.AsNoTracking().FirstOrDefault(t => t.Id == row.ThreadId) is not { } thread)
                    return null;
                Write(row, change(Read(row)));
                db.SaveChanges();
                return (Read(row), new ChatThread(thread.Id, thread.FlowId, thread.ExternalKey, thread.CreatedAt));
            },
            cancellationToken);

    public Task DeleteMessagesAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) => lane.WriteAsync(
        db => db.Messages.Where(m => ids.Contains(m.Id)).ExecuteDelete(),
        cancellationToken);

    static ThreadMessage Read(MessageRow row) => new(row.Id, row.RunId, row.NodeId, row.Sender, row.SenderName, row.Text, JsonText.Parse(Encoding.UTF8.GetBytes(row.Json)), row.At);

    static void Write(MessageRow row, ThreadMessage message) =>
        (row.Sender, row.SenderName, row.Text, row.Json) = (message.Sender, message.SenderName, message.Text, Encoding.UTF8.GetString(JsonText.Utf8(message.Json)));
}
