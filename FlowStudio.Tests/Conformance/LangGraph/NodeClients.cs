using System.Diagnostics;
using System.Runtime.CompilerServices;
using Shouldly;

namespace FlowStudio.Tests.Conformance.LangGraph;

/// <summary>Programs of others, from npm, in processes of their own. Installed once for all tests, into a folder that git ignores.</summary>
static class NodeClients
{
    static readonly string Folder = Path.Combine(Path.GetDirectoryName(Here()) ?? "", "..", "clients");
    static readonly SemaphoreSlim Gate = new(1, 1);

    /// <summary>Runs a script with its arguments and gives what it said; fails when it does.</summary>
    public static async Task<string> RunAsync(string script, params string[] arguments)
    {
        await InstallAsync();
        return await RunAsync("node", [script, .. arguments], TimeSpan.FromMinutes(3));
    }

    /// <summary>Makes sure that the packages are there.</summary>
    /// <returns>The folder that they are in.</returns>
    public static async Task<string> PackagesAsync()
    {
        await InstallAsync();
        return Path.GetFullPath(Path.Combine(Folder, "node_modules"));
    }

    static async Task InstallAsync()
    {
        await Gate.WaitAsync();
        try
        {
            // npm writes it last; an older one lacks what was added since.
            var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
            if (!installed.Exists || installed.LastWriteTimeUtc < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
                await RunAsync("npm", ["ci", "--no-audit", "--no-fund"], TimeSpan.FromMinutes(5));
        }
        finally
        {
            Gate.Release();
        }
    }

    static async Task<string> RunAsync(string program, string[] arguments, TimeSpan patience)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true }).ShouldNotBeNull();
        using var deadline = new CancellationTokenSource(patience);
        await using var kill = deadline.Token.Register(() => process.Kill(entireProcessTree: true));
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{output}\n{await errors}");
        return output;
    }

    static string Here([CallerFilePath] string path = "") => path;
}
