using Bunit;
using FlowStudio.Web.Studio.Editor.Canvas;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.JSInterop;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public sealed class CanvasIslandTests : IAsyncDisposable
{
    readonly BunitContext context = new();
    readonly Logs logs = new();

    public CanvasIslandTests() => context.Services.AddSingleton<ILoggerFactory>(logs);

    public ValueTask DisposeAsync() => context.DisposeAsync();

    BunitJSModuleInterop Module()
    {
        var module = context.JSInterop.SetupModule("./canvas.js");
        module.Mode = JSRuntimeMode.Loose;
        return module;
    }

    static Task SayAsync(BunitJSModuleInterop module, IRenderedComponent<CanvasIsland> island, string json)
    {
        var bridge = ((DotNetObjectReference<CanvasBridge>)module.Invocations["mount"][0].Arguments[1]!).Value;
        return island.InvokeAsync(() => bridge.Receive(1, json));
    }

    [Fact]
    public async Task Messages_wait_until_the_canvas_is_ready_and_keep_their_order()
    {
        var module = Module();
        var island = context.Render<CanvasIsland>();
        await island.InvokeAsync(() => island.Instance.SendAsync(new CanvasSelect("a")));
        await island.InvokeAsync(() => island.Instance.SendAsync(new CanvasFit()));
        module.Invocations["update"].ShouldBeEmpty();
        await SayAsync(module, island, """{"type":"ready"}""");
        module.Invocations["update"].Select(i => (string?)i.Arguments[1]).ShouldBe(["""{"type":"select","nodes":["a"],"notes":[],"edges":[]}""", """{"type":"fit"}"""]);
    }

    [Fact]
    public async Task What_the_canvas_says_reaches_the_page()
    {
        var module = Module();
        FromCanvas? said = null;
        var island = context.Render<CanvasIsland>(p => p.Add(x => x.OnMessage, m => said = m));
        await SayAsync(module, island, """{"type":"open","nodeId":"llm","show":"output"}""");
        said.ShouldBe(new CanvasOpen("llm", CanvasShow.Output));
    }

    [Fact]
    public async Task A_message_names_the_last_one_heard()
    {
        var module = Module();
        var island = context.Render<CanvasIsland>();
        var bridge = ((DotNetObjectReference<CanvasBridge>)module.Invocations["mount"][0].Arguments[1]!).Value;
        await island.InvokeAsync(() => bridge.Receive(1, """{"type":"ready"}"""));
        await island.InvokeAsync(() => bridge.Receive(2, """{"type":"rename","nodeId":"llm","title":"Ask"}"""));
        await island.InvokeAsync(() => island.Instance.SendAsync(new CanvasFit()));
        module.Invocations["update"][0].Arguments[2].ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"type":"paint"}""")]
    [InlineData("not json")]
    [InlineData("null")]
    public async Task A_message_that_is_none_is_logged_and_breaks_nothing(string json)
    {
        var module = Module();
        var island = context.Render<CanvasIsland>();
        await SayAsync(module, island, json);
        logs.Lines.ShouldContain(l => l.Contains("sent a message that is none"));
        island.FindAll(".canvas-failure").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failure_in_the_browser_is_shown_and_logged()
    {
        var module = Module();
        var island = context.Render<CanvasIsland>();
        await SayAsync(module, island, """{"type":"error","message":"The canvas could not draw the flow.","detail":"x is undefined"}""");
        island.Find(".canvas-failure").Words().ShouldContain("The canvas could not draw the flow. x is undefined");
        logs.Lines.ShouldContain(l => l.Contains("x is undefined"));
    }

    [Fact]
    public void A_canvas_that_does_not_load_says_so()
    {
        context.JSInterop.SetupModule("./canvas.js").SetupVoid("mount", _ => true).SetException(new JSException("404 canvas.js"));
        var island = context.Render<CanvasIsland>();
        island.WaitForAssertion(() => island.Find(".canvas-failure").Words().ShouldContain("404 canvas.js"));
        island.Find("[data-reload]").Words().ShouldBe("Load the page again");
    }

    [Fact]
    public async Task The_canvas_is_unmounted_before_its_module_is_let_go()
    {
        var module = Module();
        context.Render<CanvasIsland>();
        await context.DisposeComponentsAsync();
        module.Invocations.Select(i => i.Identifier).ShouldBe(["mount", "unmount"]);
    }

    [Fact]
    public async Task A_tab_that_is_gone_does_not_matter()
    {
        var module = context.JSInterop.SetupModule("./canvas.js");
        module.SetupVoid("mount", _ => true).SetVoidResult();
        module.SetupVoid("unmount", _ => true).SetException(new JSDisconnectedException("gone"));
        context.Render<CanvasIsland>();
        await Should.NotThrowAsync(() => context.DisposeComponentsAsync());
    }

    sealed class Logs : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
                Lines.Add(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
