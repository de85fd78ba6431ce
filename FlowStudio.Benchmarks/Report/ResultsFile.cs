namespace FlowStudio.Benchmarks.Report;

/// <summary>RESULTS.md: the upper part is written anew by every full run, what stands below the marker is kept by hand.</summary>
static class ResultsFile
{
    public const string Marker = "<!-- Below this line the file is kept by hand; the benchmark preserves it. -->";

    public static void Write(string path, string measured) => File.WriteAllText(path, Merge(measured, File.Exists(path) ? File.ReadAllText(path) : ""));

    internal static string Merge(string measured, string existing)
    {
        var at = existing.IndexOf(Marker, StringComparison.Ordinal);
        var notes = at < 0 ? $"{Marker}\n\n## Notes\n" : existing[at..];
        return $"{measured.TrimEnd()}\n\n{notes}";
    }
}
