using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Shouldly;

namespace FlowStudio.Tests;

/// <summary>The real server as its own process on a free loopback port, over a data directory that outlives it.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly Process process;
    readonly ConcurrentQueue<string> lines = new();

    ServerProcess(Process process)
    {
        this.process = process;
        Client = new HttpClient { Timeout = Patience };
    }

    /// <summary>Speaks to the server; its base address is the server's.</summary>
    public HttpClient Client { get; }

    public string Url { get; private set; } = "";

    /// <summary>All it has printed.</summary>
    public string Output => string.Join('\n', lines);

    /// <summary>Starts a server and waits until it is ready.</summary>
    public static Task<ServerProcess> StartAsync(string dataDirectory, params IEnumerable<(string Key, string Value)> settings) =>
        StartAtAsync("http://127.0.0.1:0", dataDirectory, settings);

    /// <summary>Starts a server at an address, e.g. that of one which was killed, and waits until it is ready.</summary>
    public static async Task<ServerProcess> StartAtAsync(string url, string dataDirectory, IEnumerable<(string Key, string Value)> settings)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Program());
        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add(url);
        start.Environment["FlowStudio__DataDirectory"] = dataDirectory;
        // As on the machine a server is developed on; one that others can reach always asks.
        if (!settings.Any(s => s.Key == "FlowStudio:Access:AllowNonLoopback"))
            start.Environment["FlowStudio__Access__RequireApiKey"] = "false";
        // It lives for seconds: too short for what it costs to watch each method before it is compiled for good.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (key, value) in settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        var server = new ServerProcess(Process.Start(start).ShouldNotBeNull());
        server.process.OutputDataReceived += (_, e) => server.Keep(e.Data);
        server.process.ErrorDataReceived += (_, e) => server.Keep(e.Data);
        server.process.BeginOutputReadLine();
        server.process.BeginErrorReadLine();
        try
        {
            await server.UntilReadyAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A folder that does not exist yet.</summary>
    public static string NewDirectory() => Path.Combine(Path.GetTempPath(), $"flowstudio-test-{Guid.CreateVersion7():N}");

    /// <summary>SIGKILL: no goodbye.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: the server drains; gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await KillAsync();
        Client.Dispose();
        process.Dispose();
    }

    /// <summary>A JSON document, from an answer that must be a success.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Client.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue($"GET {path}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <inheritdoc cref="GetAsync"/>
    public async Task<JsonElement> PostAsync(string path, string json)
    {
        using var answer = await Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue($"POST {path}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Creates a flow whose webhook is open; gives its id.</summary>
    public async Task<string> AddFlowAsync(string name, FlowBuilder document)
    {
        using var answer = await Client.PostAsJsonAsync("/v1/flows", new { name, endpoint_name = name, access = "open", document = JsonDocument.Parse(Engine.Flows.FlowJson.ToText(document.Build())).RootElement });
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString().ShouldNotBeNull();
    }

    /// <summary>Polls a run until it has ended.</summary>
    public async Task<JsonElement> EndOfAsync(string runId)
    {
        var until = Stopwatch.StartNew();
        while (until.Elapsed < Patience)
        {
            var run = await GetAsync($"/v1/runs/{runId}");
            if (run.GetProperty("status").GetString() is not ("queued" or "running" or "waiting"))
                return run;
            await Task.Delay(20);
        }
        throw new TimeoutException($"Run {runId} has not ended within {Patience.TotalSeconds} s.\n{Output}");
    }

    /// <summary>The product's own build output, of the configuration that the tests were built in.</summary>
    static string Program()
    {
        var configuration = typeof(ServerProcess).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        return Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "FlowStudio.Web", "bin", configuration, "net10.0", "FlowStudio.Web.dll"));
    }

    async Task UntilReadyAsync()
    {
        var since = Stopwatch.StartNew();
        while (since.Elapsed < Patience)
        {
            if (process.HasExited)
                throw new InvalidOperationException($"The server ended with {process.ExitCode}:\n{Output}");
            if (Url.Length == 0 && lines.FirstOrDefault(l => l.Contains(" listens on http://", StringComparison.Ordinal)) is { } line)
            {
                Url = line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim();
                Client.BaseAddress = new Uri(Url);
            }
            if (Url.Length > 0 && await IsReadyAsync())
                return;
            await Task.Delay(20);
        }
        throw new TimeoutException($"The server was not ready within {Patience.TotalSeconds} s:\n{Output}");
    }

    async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Client.GetAsync("/health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    void Keep(string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }
}
