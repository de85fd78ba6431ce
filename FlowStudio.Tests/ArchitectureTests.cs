using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using FlowStudio.Engine;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests;

/// <summary>Who may know whom. A failure names the file: either it reaches into a room it must not know, or the rule below has to change, with its reason.</summary>
public partial class ArchitectureTests
{
    /// <summary>Per room of the engine: the other rooms it may mention.</summary>
    static readonly Dictionary<string, string[]> EngineRooms = new(StringComparer.Ordinal)
    {
        ["Flows"] = [],
        ["Runs"] = [],
        ["Queueing"] = [],
        ["Bins"] = [],
        // Links to questions are signed with the vault's key.
        ["Questions"] = ["Secrets"],
        // Only for the exception that says what is wrong with the disk.
        ["Files"] = ["Journal"],
        ["Egress"] = ["Bins"],
        // The rules for a variable's name are the components': a setting refers to it by that name. Journal: only for the exception that says what is wrong.
        ["Secrets"] = ["Components", "Journal"],
        ["Llm"] = ["Egress", "Components", "Runs", "Secrets"],
        ["Components"] = ["Flows", "Runs", "Questions", "Llm", "Egress", "Secrets", "Files"],
        ["Journal"] = ["Flows", "Runs", "Questions"],
        // Keeps what is derived from history, and how much of it there is.
        ["History"] = ["Flows", "Runs", "Journal", "Queueing"],
        ["Execution"] = ["Flows", "Runs", "Components", "Questions", "Journal", "Queueing", "Secrets"],
        ["Schedules"] = ["Flows", "Runs", "Journal", "Execution", "Secrets"],
        ["Threads"] = ["Flows", "Runs", "Components", "Questions", "Journal", "Execution", "Schedules", "Secrets"],
        ["Callbacks"] = ["Flows", "Runs", "Journal", "Egress", "Secrets"],
        // Storage implements what the others declare; nobody knows it.
        ["Storage"] = ["Flows", "Runs", "Components", "Journal", "Execution", "Secrets", "Bins", "History", "Schedules", "Threads", "Callbacks", "Questions"],
    };

    /// <summary>Files over 500 lines, each with its reason.</summary>
    static readonly string[] LongFiles = [];

    static readonly string Root = FindRoot();

    [Fact]
    public void The_engine_references_no_web_assembly() =>
        typeof(EngineOptions).Assembly.GetReferencedAssemblies().Select(a => a.Name ?? "").Where(n => n.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)).ShouldBeEmpty();

    [Fact]
    public void Every_room_of_the_engine_knows_only_the_rooms_it_may()
    {
        var wrong = new List<string>();
        foreach (var file in Sources("FlowStudio.Engine"))
        {
            var room = RoomOf(file, "FlowStudio.Engine");
            if (room is null)
                continue;
            EngineRooms.ShouldContainKey(room, $"{file}: a new room needs its rule here");
            foreach (var known in Mentions(file, "FlowStudio.Engine").Where(k => k != room && !EngineRooms[room].Contains(k)))
                wrong.Add($"{file} mentions {known}");
        }
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Only_storage_mentions_a_database() =>
        FilesThatMention("FlowStudio.Engine", DatabasePattern()).Where(f => RoomOf(f, "FlowStudio.Engine") is not (null or "Storage"))
            .Concat(FilesThatMention("FlowStudio.Web", DatabasePattern()).Where(f => !f.EndsWith("AccountsDbContext.cs", StringComparison.Ordinal)))
            .ShouldBeEmpty();

    [Fact]
    public void Dialects_do_not_know_each_other_nor_the_studio()
    {
        var wrong = new List<string>();
        foreach (var file in Sources("FlowStudio.Web"))
        {
            var room = RoomOf(file, "FlowStudio.Web");
            var text = File.ReadAllText(file);
            var dialect = room == "Api" ? DialectOf(file) : null;
            if (dialect is not null)
                wrong.AddRange(DialectPattern().Matches(text).Select(m => m.Groups["dialect"].Value).Where(d => d != dialect && IsDialect(d)).Select(d => $"{file} mentions {d}"));
            if (room == "Api" && text.Contains("FlowStudio.Web.Studio", StringComparison.Ordinal))
                wrong.Add($"{file} mentions the studio");
            if (room == "Studio" && DialectPattern().Matches(text).Any(m => IsDialect(m.Groups["dialect"].Value)))
                wrong.Add($"{file} mentions a dialect");
        }
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Every_file_can_be_read_at_a_sitting() =>
        new[] { "FlowStudio.Engine", "FlowStudio.Web", "FlowStudio.Tests", "FlowStudio.Benchmarks" }.SelectMany(Sources)
            .Where(f => !f.Contains("/Migrations/", StringComparison.Ordinal) && File.ReadLines(f).Count() > 500)
            .Select(f => Path.GetRelativePath(Root, f)).Except(LongFiles).ShouldBeEmpty();

    static bool IsDialect(string name) => name is "Native" or "Langflow" or "LangGraph" or "DocsGpt";

    static string? DialectOf(string file) =>
        Path.GetRelativePath(Path.Combine(Root, "FlowStudio.Web", "Api"), file).Split('/') is [var folder, _, ..] && IsDialect(folder) ? folder : null;

    static string? RoomOf(string file, string project) =>
        Path.GetRelativePath(Path.Combine(Root, project), file).Split('/') is [var folder, _, ..] ? folder : null;

    static IEnumerable<string> Mentions(string file, string project)
    {
        var text = CommentPattern().Replace(File.ReadAllText(file), "");
        return Regex.Matches(text, $@"\b{Regex.Escape(project)}\.(?<room>\w+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture).Select(m => m.Groups["room"].Value).Where(EngineRooms.ContainsKey).Distinct();
    }

    static IEnumerable<string> FilesThatMention(string project, Regex pattern) => Sources(project).Where(f => pattern.IsMatch(CommentPattern().Replace(File.ReadAllText(f), "")));

    static IEnumerable<string> Sources(string project) =>
        Directory.EnumerateFiles(Path.Combine(Root, project), "*.*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".razor", StringComparison.Ordinal))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here) ?? "", ".."));

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex CommentPattern();

    [GeneratedRegex(@"EntityFrameworkCore|Data\.Sqlite|SQLitePCL|Npgsql", RegexOptions.NonBacktracking)]
    private static partial Regex DatabasePattern();

    [GeneratedRegex(@"FlowStudio\.Web\.Api\.(?<dialect>\w+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DialectPattern();
}
