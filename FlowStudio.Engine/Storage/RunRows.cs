using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>Rows of <c>runs</c>, read by position: lists go through many of them.</summary>
static class RunRows
{
    public const string Columns =
        "id, flow_id, flow_version_id, flow_version, status, \"trigger\", thread_id, replay_of, root_run_id, created_at, started_at, finished_at, wake_at, "
        + "error_code, error_message, error_node, error_remedy, result_preview, tokens_in, tokens_out, parent_run_id, depth";

    public const int FlowId = 1;
    public const int Status = 4;
    public const int Trigger = 5;
    public const int CreatedAt = 9;
    public const int ErrorMessage = 14;
    public const int ResultPreview = 17;

    public static Run Read(SqliteDataReader row) => new()
    {
        Id = row.Id(0),
        FlowId = row.Id(FlowId),
        FlowVersionId = row.Id(2),
        FlowVersion = row.IsDBNull(3) ? null : row.GetInt32(3),
        Status = RunNames.Status(row.GetString(Status)) ?? throw Unknown("status", row.GetString(Status)),
        Trigger = RunNames.Trigger(row.GetString(Trigger)) ?? throw Unknown("trigger", row.GetString(Trigger)),
        ThreadId = row.Id(6),
        ReplayOf = row.IdOrNull(7),
        RootRunId = row.Id(8),
        CreatedAt = row.Time(CreatedAt),
        StartedAt = row.TimeOrNull(10),
        FinishedAt = row.TimeOrNull(11),
        WakeAt = row.TimeOrNull(12),
        Error = row.IsDBNull(13) ? null : new(row.GetString(13), row.TextOrNull(ErrorMessage) ?? "", row.TextOrNull(15), row.TextOrNull(16) ?? ""),
        ResultPreview = row.TextOrNull(ResultPreview),
        Tokens = new(row.GetInt64(18), row.GetInt64(19)),
        ParentRunId = row.IdOrNull(20),
        Depth = row.GetInt32(21),
    };

    static InvalidDataException Unknown(string column, string value) => new($"A stored run has the {column} '{value}', which this program does not know. It was written by a newer one.");
}
