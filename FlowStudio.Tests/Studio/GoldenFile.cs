using System.Runtime.CompilerServices;
using Shouldly;

namespace FlowStudio.Tests.Studio;

/// <summary>A contract kept in a file: the test compares, and rewrites it when <c>FLOWSTUDIO_UPDATE_GOLDEN=1</c>.</summary>
static class GoldenFile
{
    public static void Matches(string pathInRepository, string actual, [CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
        var path = Path.Combine(root, pathInRepository);
        if (Environment.GetEnvironmentVariable("FLOWSTUDIO_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }
        File.Exists(path).ShouldBeTrue($"{pathInRepository} is missing; FLOWSTUDIO_UPDATE_GOLDEN=1 writes it");
        actual.ReplaceLineEndings("\n").ShouldBe(File.ReadAllText(path).ReplaceLineEndings("\n"), $"{pathInRepository} differs; FLOWSTUDIO_UPDATE_GOLDEN=1 rewrites it");
    }
}
