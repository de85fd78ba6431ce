using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>Deletes ended runs with all they stored, inside a transaction of the write lane.</summary>
static class RunDeletion
{
    /// <summary>
    /// Deletes those of the runs that have ended; returns them. A run's idempotency key stays until it is too old: the call it stands for was made.
    /// What the sums do not have yet is added to them first.
    /// </summary>
    public static IReadOnlyList<Guid> Delete(SqliteConnection connection, IEnumerable<Guid> ids)
    {
        using var read = connection.Command(
            $"SELECT ended_seq, thread_id, ended_seq > {RunRollups.Mark}, flow_id, status, started_at, finished_at, tokens_in, tokens_out FROM runs WHERE id = @id AND finished_at IS NOT NULL", ("@id", null));
        using var deleteEvents = connection.Command("DELETE FROM run_events WHERE run_id = @id", ("@id", null));
        using var deleteMessages = connection.Command("DELETE FROM messages WHERE thread_id = @thread AND run_id = @id", ("@id", null), ("@thread", null));
        // A thread of the run's own, or of the run it replays, goes with its last message; one that a caller named lives on.
        using var deleteThread = connection.Command("DELETE FROM threads WHERE id = @id AND external_key IS NULL AND NOT EXISTS (SELECT 1 FROM messages WHERE thread_id = @id)", ("@id", null));
        using var deleteAttempts = connection.Command("DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE run_id = @id)", ("@id", null));
        using var deleteDeliveries = connection.Command("DELETE FROM deliveries WHERE run_id = @id", ("@id", null));
        using var deleteEnd = connection.Command("DELETE FROM thread_ends WHERE native_run_id = @id", ("@id", null));
        using var deleteQuestions = connection.Command("DELETE FROM questions WHERE run_id = @id", ("@id", null));
        using var deleteRun = connection.Command("DELETE FROM runs WHERE id = @id", ("@id", null));
        var deleted = new List<Guid>();
        var cells = new RollupCells();
        var highest = 0L;
        foreach (var id in ids)
        {
            var key = GuidBytes.Of(id);
            read.Parameters[0].Value = deleteEvents.Parameters[0].Value = deleteMessages.Parameters[0].Value = deleteAttempts.Parameters[0].Value = deleteDeliveries.Parameters[0].Value = deleteEnd.Parameters[0].Value = deleteQuestions.Parameters[0].Value = deleteRun.Parameters[0].Value = key;
            using (var row = read.ExecuteReader())
            {
                if (!row.Read())
                    continue;
                highest = Math.Max(highest, row.GetInt64(0));
                deleteMessages.Parameters[1].Value = deleteThread.Parameters[0].Value = row.GetFieldValue<byte[]>(1);
                if (row.GetInt64(2) == 1)
                    RunRollups.Add(cells, row, 3);
            }
            deleteEvents.ExecuteNonQuery();
            deleteMessages.ExecuteNonQuery();
            deleteThread.ExecuteNonQuery();
            deleteAttempts.ExecuteNonQuery();
            deleteDeliveries.ExecuteNonQuery();
            deleteEnd.ExecuteNonQuery();
            deleteQuestions.ExecuteNonQuery();
            deleteRun.ExecuteNonQuery();
            deleted.Add(id);
        }
        if (deleted.Count > 0)
        {
            cells.Write(connection);
            RunRollups.SetMark(connection, HistoryMarkRow.Ended, highest);
        }
        return deleted;
    }
}
