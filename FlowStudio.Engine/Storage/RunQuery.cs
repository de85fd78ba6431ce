using System.Text;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace FlowStudio.Engine.Storage;

/// <summary>
/// A <see cref="RunFilter"/> (but its text) as SQL: a stretch of an index for each status and trigger wanted, merged. Every stretch ends in the id,
/// so its rows come newest first without sorting, and a page costs what it shows, however rare its runs are. Unfinished runs are the exception:
/// a flow is looked for among all that have the status and trigger, in the index alone.
/// </summary>
sealed class RunQuery
{
    readonly RunFilter filter;
    readonly List<(string Index, string Where)> branches = [];

    public RunQuery(RunFilter filter)
    {
        this.filter = filter;
        RunStatus[] statuses = [.. filter.Statuses.Distinct()];
        RunTrigger[] triggers = [.. filter.Triggers.Distinct()];
        if (statuses.Length == 0 && triggers.Length == 0)
        {
            branches.Add(filter.FlowId is null ? ("sqlite_autoindex_runs_1", "1") : ("ix_runs_flow", "flow_id = @flow"));
            return;
        }
        foreach (var status in statuses.Length > 0 ? statuses : Enum.GetValues<RunStatus>())
        {
            foreach (var trigger in triggers.Length > 0 ? triggers : Enum.GetValues<RunTrigger>())
                Add(status, trigger);
        }
    }

    /// <summary>At most <paramref name="rows"/> runs below <paramref name="before"/>, newest first, with the columns of <see cref="RunRows"/>.</summary>
    public SqliteCommand Page(SqliteConnection connection, Guid? before, int rows)
    {
        var sql = new StringBuilder("SELECT ").Append(RunRows.Columns).Append(" FROM runs ");
        if (branches is [var only])
        {
            sql.Append("INDEXED BY ").Append(only.Index).Append(" WHERE ");
            AppendWhere(sql, only.Where, before);
        }
        else
        {
            sql.Append("WHERE id IN (SELECT id FROM (");
            AppendBranches(sql, "id", before, " ORDER BY id DESC");
            sql.Append(") ORDER BY id DESC LIMIT @rows)");
        }
        return Bind(connection, sql.Append(" ORDER BY id DESC LIMIT @rows").ToString(), before, rows);
    }

    /// <summary>How many runs there are, counted up to <paramref name="most"/>, in the indexes alone.</summary>
    public SqliteCommand Count(SqliteConnection connection, int most)
    {
        var sql = new StringBuilder("SELECT count(*) FROM (SELECT 1 FROM (");
        AppendBranches(sql, "1", before: null, order: "");
        return Bind(connection, sql.Append(") LIMIT @rows)").ToString(), before: null, most);
    }

    /// <summary>Whether a run belongs to the filter, but for its text.</summary>
    public static bool Matches(RunFilter filter, Run run) =>
        (filter.FlowId is null || run.FlowId == filter.FlowId)
        && (filter.Statuses.Count == 0 || filter.Statuses.Contains(run.Status))
        && (filter.Triggers.Count == 0 || filter.Triggers.Contains(run.Trigger))
        && (filter.From is not { } from || run.Id.CompareTo(GuidBytes.Read(GuidBytes.LowerBound(from))) >= 0)
        && (filter.To is not { } to || run.Id.CompareTo(GuidBytes.Read(GuidBytes.LowerBound(to))) < 0);

    void Add(RunStatus status, RunTrigger trigger)
    {
        var (filtered, index) = !RunNames.IsFinal(status) ? (RunConfiguration.Unfinished, "ix_runs_unfinished")
            : (RunConfiguration.Ended, filter.FlowId is null ? "ix_runs_ended" : "ix_runs_flow_ended");
        branches.Add((index, $"{filtered} AND status = '{RunNames.Of(status)}' AND \"trigger\" = '{RunNames.Of(trigger)}'{(filter.FlowId is null ? "" : " AND flow_id = @flow")}"));
    }

    void AppendBranches(StringBuilder sql, string column, Guid? before, string order)
    {
        for (var i = 0; i < branches.Count; i++)
        {
            // Each in the order of its index, and as much of it as can be wanted.
            sql.Append(i > 0 ? " UNION ALL SELECT * FROM (SELECT " : "SELECT * FROM (SELECT ").Append(column).Append(" FROM runs INDEXED BY ").Append(branches[i].Index).Append(" WHERE ");
            AppendWhere(sql, branches[i].Where, before);
            sql.Append(order).Append(" LIMIT @rows)");
        }
    }

    /// <summary>Ids have the time to the millisecond, and <c>created_at</c> is that time.</summary>
    void AppendWhere(StringBuilder sql, string where, Guid? before)
    {
        sql.Append(where);
        if (before is not null)
            sql.Append(" AND id < @before");
        if (filter.From is not null)
            sql.Append(" AND id >= @low");
        if (filter.To is not null)
            sql.Append(" AND id < @high");
    }

    SqliteCommand Bind(SqliteConnection connection, string sql, Guid? before, int rows) => connection.Command(
        sql,
        ("@flow", filter.FlowId),
        ("@before", before),
        ("@low", filter.From is { } from ? GuidBytes.LowerBound(from) : null),
        ("@high", filter.To is { } to ? GuidBytes.LowerBound(to) : null),
        ("@rows", rows));
}
