using System.Text.RegularExpressions;

namespace FlowStudio.Web.Studio.Commands;

/// <summary>One line of the palette.</summary>
/// <param name="Key">What it is remembered by: <c>flow:…</c>, <c>run:…</c>, <c>command:…</c>.</param>
public sealed record PaletteItem(string Key, string Title, string Icon, Func<Task> Run)
{
    /// <summary>Quiet words at its end.</summary>
    public string? Detail { get; init; }

    /// <summary>Whether <see cref="Detail"/> is a key to press.</summary>
    public bool DetailIsKey { get; init; }
}

/// <summary>Lines under a heading.</summary>
public sealed record PaletteGroup(string Title, IReadOnlyList<PaletteItem> Items);

/// <summary>What the palette knows when it is opened, and what of it goes with what was typed. Pure.</summary>
/// <param name="Commands">In the order they are offered.</param>
/// <param name="Flows">Every flow.</param>
/// <param name="Recent">Keys of what was used lately, the latest first.</param>
public sealed partial record PaletteState(
    IReadOnlyList<Command> Commands, IReadOnlyList<(Guid Id, string Name, string? EndpointName)> Flows, IReadOnlyList<string> Recent, Func<string, Task> Open)
{
    const int MostRecent = 6, MostFlows = 8, MostCommands = 12;

    public static PaletteState Empty { get; } = new([], [], [], static _ => Task.CompletedTask);

    /// <summary>What to show for a text; <paramref name="runs"/> are those that the text names by their id.</summary>
    public IReadOnlyList<PaletteGroup> Find(string typed, IReadOnlyList<PaletteItem> runs)
    {
        typed = typed.Trim();
        var groups = typed.Length == 0 ? Offered() : Matching(typed, runs);
        return [.. groups.Where(g => g.Items.Count > 0)];
    }

    IEnumerable<PaletteGroup> Offered()
    {
        var commands = Commands.ToDictionary(c => "command:" + c.Id, StringComparer.Ordinal);
        var flows = Flows.ToDictionary(f => FlowKey(f.Id), StringComparer.Ordinal);
        var recent = new List<PaletteItem>();
        foreach (var key in Recent)
        {
            // What is gone is passed over; ids of runs are kept as they are, as asking for each takes time.
            if (commands.TryGetValue(key, out var command))
                recent.Add(Item(command));
            else if (flows.TryGetValue(key, out var flow))
                recent.Add(Item(flow));
            else if (key.StartsWith("run:", StringComparison.Ordinal) && Guid.TryParse(key.AsSpan(4), out var run))
                recent.Add(RunItem(run, "run"));
            if (recent.Count == MostRecent)
                break;
        }
        yield return new("Recent", recent);
        var shown = recent.Select(i => i.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var group in Commands.GroupBy(c => c.Group, StringComparer.Ordinal))
            yield return new(group.Key, [.. group.Select(Item).Where(i => !shown.Contains(i.Key))]);
    }

    IEnumerable<PaletteGroup> Matching(string typed, IReadOnlyList<PaletteItem> runs)
    {
        var flows = Flows.Select(f => (Item: Item(f), Score: Best(f.Name, f.EndpointName, typed))).Where(f => f.Score is not null)
            .OrderByDescending(f => f.Score + Used(f.Item.Key)).ThenBy(f => f.Item.Title, StringComparer.OrdinalIgnoreCase).Take(MostFlows).ToList();
        var commands = Commands.Select(c => (Item: Item(c), Score: Best(c.Title, c.Words, typed))).Where(c => c.Score is not null)
            .OrderByDescending(c => c.Score + Used(c.Item.Key)).Take(MostCommands).ToList();
        PaletteGroup flowGroup = new("Flows", [.. flows.Select(f => f.Item)]), commandGroup = new("Actions", [.. commands.Select(c => c.Item)]);
        yield return new("Runs", runs);
        // The better match first, as Enter takes the first line.
        var flowsFirst = (flows.Count > 0 ? flows[0].Score : 0) >= (commands.Count > 0 ? commands[0].Score : 0);
        yield return flowsFirst ? flowGroup : commandGroup;
        yield return flowsFirst ? commandGroup : flowGroup;
    }

    /// <summary>The text is an id of a run, the beginning of one, or one as lists shorten it: what it begins and ends with; null when it is none.</summary>
    public static (string Start, string End)? RunId(string typed)
    {
        var match = IdPattern().Match(typed.Trim());
        if (!match.Success)
            return null;
        var (start, end) = (Hex(match.Groups["start"].Value), Hex(match.Groups["end"].Value));
        // Words of four letters from a to f are more likely words.
        return start.Length is >= 4 and <= 32 && (start.Any(char.IsAsciiDigit) || end.Length > 0) && end.Length <= 28 ? (start, end) : null;
    }

    public PaletteItem RunItem(Guid run, string detail) => new($"run:{run}", run.ToString(), "history", () => Open(StudioUrls.Run(run))) { Detail = detail };

    PaletteItem Item(Command command) =>
        new("command:" + command.Id, command.Title, command.Icon, command.Run) { Detail = command.Key, DetailIsKey = command.Key is not null };

    PaletteItem Item((Guid Id, string Name, string? EndpointName) flow) =>
        new(FlowKey(flow.Id), flow.Name, "workflow", () => Open(StudioUrls.Flow(flow.Id))) { Detail = flow.EndpointName };

    int Used(string key)
    {
        var at = Recent.TakeWhile(k => k != key).Count();
        return at < Recent.Count ? Math.Max(1, 6 - at) : 0;
    }

    static int? Best(string title, string? other, string typed) =>
        (FuzzyMatch.Score(title, typed), other is { Length: > 0 } ? FuzzyMatch.Score(other, typed) - 4 : null) switch
        {
            ({ } a, { } b) => Math.Max(a, b),
            var (a, b) => a ?? b,
        };

    static string FlowKey(Guid id) => $"flow:{id}";

    static string Hex(string text) => text.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    [GeneratedRegex("^(?<start>[0-9a-f-]+)(?:(?:…|\\.{3})(?<end>[0-9a-f-]+))?$", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex IdPattern();
}
