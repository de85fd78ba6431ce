using FlowStudio.Engine;
using FlowStudio.Web;
using FlowStudio.Web.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Configuration;

public class OptionsTests
{
    [Fact]
    public void Every_kind_of_value_is_read()
    {
        var (engine, web, problems) = Read(
            ("DataDirectory", "/somewhere"), ("runner:maxconcurrentruns", "7"), ("Runner:Paused", "True"), ("Runner:RetryDelaySeconds", "0.5"),
            ("Intake:MaxBodyBytes", "4096"), ("Variables:FromEnvironment", "A, B"), ("Egress:AllowedPrivateTargets:0", "10.0.0.1:80"),
            ("Egress:ConnectTimeout", "00:00:05"), ("PublicUrl", "https://x.example"), ("Access:AllowNonLoopback", "true"));
        problems.ShouldBeEmpty();
        engine.DataDirectory.ShouldBe("/somewhere");
        engine.Runner.MaxConcurrentRuns.ShouldBe(7);
        engine.Runner.Paused.ShouldBeTrue();
        engine.Runner.RetryDelaySeconds.ShouldBe(0.5);
        engine.Intake.MaxBodyBytes.ShouldBe(4096);
        engine.Variables.FromEnvironment.ShouldBe(["A", "B"]);
        engine.Egress.AllowedPrivateTargets.ShouldBe(["10.0.0.1:80"]);
        engine.Egress.ConnectTimeout.ShouldBe(TimeSpan.FromSeconds(5));
        web.PublicUrl.ShouldBe("https://x.example");
        web.Access.AllowNonLoopback.ShouldBeTrue();
    }

    [Theory]
    [InlineData("DataDirektory", "x", "FlowStudio:DataDirectory")]
    [InlineData("Runner:MaxConcurentRuns", "1", "FlowStudio:Runner:MaxConcurrentRuns")]
    [InlineData("MaxConcurrentRuns", "1", "FlowStudio:Runner:MaxConcurrentRuns")]
    [InlineData("Access:Tokn", "x", "FlowStudio:Access:Token")]
    [InlineData("Queue:Capacity:Runs", "x", "FlowStudio:Queue:Capacity")]
    public void An_unknown_key_is_told_with_the_nearest(string key, string value, string nearest)
    {
        var (_, _, problems) = Read((key, value));
        problems.Single().ShouldContain($"FlowStudio:{key} is no key");
        problems.Single().ShouldContain($"The nearest is {nearest}.");
    }

    [Theory]
    [InlineData("Runner:Retries", "many", "whole number")]
    [InlineData("Runner:Retries", "1.5", "whole number")]
    [InlineData("Runner:Retries", "", "whole number")]
    [InlineData("Runner:RetryDelaySeconds", "1,5", "number")]
    [InlineData("Runner:Paused", "yes", "true or false")]
    [InlineData("Runner", "5", "group")]
    [InlineData("Egress:ConnectTimeout", "soon", "00:00:10")]
    [InlineData("Egress:AllowLoopback", "true", "no key")]
    public void A_value_of_the_wrong_kind_is_told_with_what_to_give(string key, string value, string words)
    {
        var (_, _, problems) = Read((key, value));
        problems.Single().ShouldContain($"FlowStudio:{key}");
        problems.Single().ShouldContain(words);
    }

    [Fact]
    public async Task Everything_wrong_is_told_at_once_before_anything_is_written()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-bad-{Guid.NewGuid():N}");
        string[] arguments = [$"--FlowStudio:DataDirectory={folder}", "--FlowStudio:Runner:Retries=x", "--FlowStudio:Queue:Capacity=0",
            "--FlowStudio:Runnr:Paused=true", "--FlowStudio:Access:Token=short", "--FlowStudio:PublicUrl=nowhere", "--urls=http://0.0.0.0:0;ftp://x"];
        var problems = Should.Throw<StartException>(() => StudioApplication.Build(arguments)).Problems;
        problems.Count.ShouldBe(7);
        foreach (var word in new[] { "Runner:Retries", "Queue:Capacity", "Runnr:Paused", "Access:Token", "PublicUrl", "0.0.0.0", "ftp://x" })
            problems.ShouldContain(p => p.Contains(word, StringComparison.Ordinal), word);
        Directory.Exists(folder).ShouldBeFalse();
        (await StudioApplication.RunAsync(arguments)).ShouldBe(2);
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_used_is_exit_code_3()
    {
        var file = Path.GetTempFileName();
        try
        {
            (await StudioApplication.RunAsync([$"--FlowStudio:DataDirectory={file}", "--urls=http://127.0.0.1:0"])).ShouldBe(3);
            (await StudioApplication.RunAsync([$"--FlowStudio:DataDirectory={file}/below", "--urls=http://127.0.0.1:0"])).ShouldBe(3);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_database_that_is_none_is_exit_code_3()
    {
        var folder = Directory.CreateTempSubdirectory("flowstudio-broken-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "flowstudio.db"), "this is not a database, but long enough to look like one");
            (await StudioApplication.RunAsync([$"--FlowStudio:DataDirectory={folder}", "--urls=http://127.0.0.1:0"])).ShouldBe(3);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_address_in_use_is_exit_code_4()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"flowstudio-busy-{Guid.NewGuid():N}");
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var works = new Works();
        try
        {
            (await StudioApplication.RunAsync([$"--FlowStudio:DataDirectory={folder}", $"--urls=http://{taken.LocalEndpoint}"], builder => builder.Services.AddSingleton<IHostedService>(works))).ShouldBe(4);
            works.Said.ShouldBe(["started", "stopped"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(null, false, "http://localhost:7860")]
    [InlineData("http://localhost:0", false, "http://127.0.0.1:0")]
    [InlineData("http://127.0.0.1:5000;http://[::1]:5000", false, "http://127.0.0.1:5000", "http://[::1]:5000")]
    [InlineData("http://127.0.0.7:5000", false, "http://127.0.0.7:5000")]
    [InlineData("http://unix:/tmp/flowstudio.sock", false, "http://unix:/tmp/flowstudio.sock")]
    [InlineData("http://+:80", true, "http://+:80")]
    [InlineData("http://0.0.0.0:80", true, "http://0.0.0.0:80")]
    public void Addresses_are_taken(string? urls, bool wide, params string[] expected)
    {
        var (addresses, problems) = ListenAddress.Choose(Configuration(("urls", urls)), wide);
        problems.ShouldBeEmpty();
        addresses.ShouldBe(expected);
    }

    [Theory]
    [InlineData("http://0.0.0.0:80")]
    [InlineData("http://*:80")]
    [InlineData("http://+:80")]
    [InlineData("http://[::]:80")]
    [InlineData("http://192.168.0.5:80")]
    [InlineData("http://example.org")]
    [InlineData("http://localhost.example.org")]
    [InlineData("http://localhost:80;http://10.0.0.1:80")]
    public void A_wider_address_needs_leave(string urls)
    {
        var (_, problems) = ListenAddress.Choose(Configuration(("urls", urls)), allowNonLoopback: false);
        problems.Single().ShouldContain("FlowStudio:Access:AllowNonLoopback");
    }

    [Theory]
    [InlineData("localhost:7860")]
    [InlineData("ftp://localhost")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://localhost:x")]
    public void What_is_no_address_is_told(string urls) =>
        ListenAddress.Choose(Configuration(("urls", urls)), allowNonLoopback: true).Problems.Single().ShouldContain("cannot be listened on");

    [Fact]
    public void Kestrels_own_section_is_under_the_same_rule() =>
        ListenAddress.Choose(Configuration(("Kestrel:Endpoints:Http:Url", "http://0.0.0.0:80")), allowNonLoopback: false).Problems.ShouldNotBeEmpty();

    static (EngineOptions Engine, WebOptions Web, IReadOnlyList<string> Problems) Read(params (string Key, string Value)[] values)
    {
        var (engine, web) = (new EngineOptions(), new WebOptions());
        var problems = OptionsReader.Read(Configuration([.. values.Select(v => ("FlowStudio:" + v.Key, (string?)v.Value))]).GetSection("FlowStudio"), engine,
            web);
        return (engine, web, problems);
    }

    static IConfiguration Configuration(params (string Key, string? Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Where(v => v.Value is not null).Select(v => KeyValuePair.Create(v.Key, v.Value))).Build();

    /// <summary>Stands for all that works beside the server.</summary>
    sealed class Works : IHostedService
    {
        public List<string> Said { get; } = [];

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Said.Add("started");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Said.Add("stopped");
            return Task.CompletedTask;
        }
    }
}
