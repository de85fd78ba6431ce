namespace FlowStudio.Benchmarks.Report;

/// <summary>RESULTS.md: the upper part is written anew by every full run, what stands below the marker is kept by hand.</summary>
static class ResultsFile
{
    public const string Marker = "<!-- Below this line the file is kept by hand; the benchmark preserves it. -->";

    /// <summary>Where it lies in the repository.</summary>
    static string Location => BenchmarkCall.Metadata("ResultsFile");

    public static void Write(string measured) => File.WriteAllText(Location, Merge(measured, Existing()));

    /// <summary>A part of the file that a benchmark of its own keeps, below the server's figures.</summary>
    public static void WritePart(string name, string part) => File.WriteAllText(Location, MergePart(name, part, Existing()));

    /// <summary>Puts the part in its old one's place; before the notes when there was none.</summary>
    internal static string MergePart(string name, string part, string existing)
    {
        var (begin, end) = ($"<!-- {name}: written by its benchmark. -->", $"<!-- end of {name} -->");
        if (!existing.Contains(Marker, StringComparison.Ordinal))
            existing = Merge(existing, "");
        var whole = $"{begin}\n\n{part.Trim()}\n\n{end}";
        var (from, to) = (existing.IndexOf(begin, StringComparison.Ordinal), existing.IndexOf(end, StringComparison.Ordinal));
        if (from >= 0 && to > from)
            return $"{existing[..from]}{whole}{existing[(to + end.Length)..]}";
        var after = existing.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length;
        return $"{existing[..after]}\n\n{whole}\n\n{existing[after..].TrimStart()}";
    }

    internal static string Merge(string measured, string existing)
    {
        var at = existing.IndexOf(Marker, StringComparison.Ordinal);
        var notes = at < 0 ? $"{Marker}\n\n## Notes\n" : existing[at..];
        return $"{measured.TrimEnd()}\n\n{notes}";
    }

    static string Existing() => File.Exists(Location) ? File.ReadAllText(Location) : "";
}
