using System.Diagnostics;
using System.Runtime.CompilerServices;
using FlowStudio.Tests.Conformance.LangGraph;
using FlowStudio.Web.Api.Docs;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;

namespace FlowStudio.Tests.Studio;

/// <summary>
/// Runs snippets as they stand: bash, python3, node with the packages that users install, and C# compiled as <c>dotnet run file.cs</c> compiles it, but in
/// this process, which takes a moment where the tool takes seconds; only a file that tells the tool something is the tool's.
/// </summary>
public sealed class SnippetRunner : IDisposable
{
    static readonly CSharpParseOptions Syntax = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);

    /// <summary>What the SDK imports by itself.</summary>
    static readonly string[] Plain = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];

    /// <summary>A file's program may be published ahead of time, so that the SDK switches reflection in JSON off.</summary>
    const string Config = """
        {"runtimeOptions":{"framework":{"name":"Microsoft.AspNetCore.App","version":"10.0.0"},"configProperties":{"System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault":false}}}
        """;

    /// <summary>A build that leaves nothing running behind.</summary>
    static readonly (string, string)[] NoServers = [("MSBUILDDISABLENODEREUSE", "1"), ("UseSharedCompilation", "false"), ("DOTNET_CLI_USE_MSBUILD_SERVER", "0")];

    static readonly Lazy<IReadOnlyList<MetadataReference>> Framework = new(() =>
    [
        .. (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "").Split(Path.PathSeparator)
            .Where(p => p.Contains("/shared/Microsoft.NETCore.App/", StringComparison.Ordinal) || p.Contains("/shared/Microsoft.AspNetCore.App/", StringComparison.Ordinal))
            .Select(p => MetadataReference.CreateFromFile(p)),
    ]);

    readonly string folder = Directory.CreateTempSubdirectory("flowstudio-snippets-").FullName;
    readonly SemaphoreSlim gate = new(1, 1);
    bool linked;
    int files;

    /// <summary>Runs a program to its end and gives what it said; fails when it does.</summary>
    public async Task<string> RunAsync(SnippetLanguage language, string text, params (string Name, string Value)[] environment)
    {
        return await ToEndAsync(await StartAsync(language, text, environment), TimeSpan.FromMinutes(1), text);
    }

    static async Task<string> ToEndAsync(Process process, TimeSpan patience, string text)
    {
        using var _ = process;
        using var deadline = new CancellationTokenSource(patience);
        await using var kill = deadline.Token.Register(() => process.Kill(entireProcessTree: true));
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        process.ExitCode.ShouldBe(0, $"{text}\n\n{output}\n{await errors}");
        return output;
    }

    /// <summary>Starts a program; its end is up to the caller.</summary>
    public async Task<Process> StartAsync(SnippetLanguage language, string text, params (string Name, string Value)[] environment)
    {
        var (program, arguments) = await CommandAsync(language, text);
        if (language is SnippetLanguage.Python && !HasRequests.Value)
            environment = [.. environment, ("PYTHONPATH", Path.Combine(Path.GetDirectoryName(Here()) ?? "", "python"))];
        return Start(program, arguments, environment);
    }

    static Process Start(string program, string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start).ShouldNotBeNull();
    }

    async Task<(string Program, string[] Arguments)> CommandAsync(SnippetLanguage language, string text)
    {
        var file = Path.Combine(folder, $"snippet-{Interlocked.Increment(ref files)}");
        switch (language)
        {
            case SnippetLanguage.Python:
                return ("python3", ["-c", text]);
            case SnippetLanguage.JavaScript:
                await LinkAsync();
                await File.WriteAllTextAsync(file + ".mjs", text);
                return ("node", [file + ".mjs"]);
            case SnippetLanguage.CSharp when text.StartsWith("#:", StringComparison.Ordinal):
                await File.WriteAllTextAsync(file + ".cs", text);
                await ToEndAsync(Start("dotnet", ["build", file + ".cs"], NoServers), TimeSpan.FromMinutes(5), text);
                return ("dotnet", ["run", "--no-build", file + ".cs"]);
            case SnippetLanguage.CSharp:
                Compile(text, file + ".dll");
                await File.WriteAllTextAsync(file + ".runtimeconfig.json", Config);
                return ("dotnet", ["exec", file + ".dll"]);
            default:
                return ("bash", ["-c", text]);
        }
    }

    /// <summary>The packages by the names that users install them by.</summary>
    async Task LinkAsync()
    {
        await gate.WaitAsync();
        try
        {
            if (linked)
                return;
            var packages = await NodeClients.PackagesAsync();
            Directory.CreateDirectory(Path.Combine(folder, "node_modules", "@langchain"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules", "@langchain", "langgraph-sdk"), Path.Combine(packages, "langgraph-sdk-2"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules", "standardwebhooks"), Path.Combine(packages, "standardwebhooks"));
            linked = true;
        }
        finally
        {
            gate.Release();
        }
    }

    static void Compile(string text, string path)
    {
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(path),
            [CSharpSyntaxTree.ParseText(text, Syntax), CSharpSyntaxTree.ParseText(string.Concat(Plain.Select(u => $"global using {u};\n")), Syntax)],
            Framework.Value,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        var result = compilation.Emit(path);
        var said = string.Join('\n', result.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning));
        said.ShouldBeEmpty(text);
        result.Success.ShouldBeTrue(text);
    }

    /// <summary>Where the library that users have is missing, one of the tests' own does what snippets need of it.</summary>
    static readonly Lazy<bool> HasRequests = new(() =>
    {
        using var process = Process.Start(new ProcessStartInfo("python3", ["-c", "import requests"]) { RedirectStandardError = true }).ShouldNotBeNull();
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    });

    static string Here([CallerFilePath] string path = "") => path;

    public void Dispose()
    {
        gate.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
