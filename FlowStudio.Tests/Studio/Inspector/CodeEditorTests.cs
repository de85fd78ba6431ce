using System.Text;
using Bunit;
using FlowStudio.Web.Studio.Editor.Inspector;
using FlowStudio.Web.Studio.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.JSInterop;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Inspector;

public sealed class CodeEditorTests : IAsyncDisposable
{
    readonly BunitContext context = new();
    readonly List<string> told = [];

    public CodeEditorTests()
    {
        context.Services.AddSingleton(TimeProvider.System);
        context.Services.AddScoped<Toasts>();
    }

    public ValueTask DisposeAsync() => context.DisposeAsync();

    BunitJSModuleInterop Module()
    {
        var module = context.JSInterop.SetupModule("./editor.js");
        module.Mode = JSRuntimeMode.Loose;
        return module;
    }

    /// <summary>The module, and the editor it mounts.</summary>
    (BunitJSModuleInterop Module, BunitJSModuleInterop Editor) Mounting()
    {
        var module = Module();
        var editor = module.SetupModule(i => i.Identifier == "mount");
        editor.Mode = JSRuntimeMode.Loose;
        return (module, editor);
    }

    IRenderedComponent<CodeEditor> Render(string text = "one") =>
        context.Render<CodeEditor>(p => p.Add(x => x.Text, text).Add(x => x.Label, "Template").Add(x => x.Language, CodeLanguage.Template).Add(x => x.TextChanged, told.Add));

    [Fact]
    public async Task What_is_typed_reaches_the_page_and_is_not_sent_back()
    {
        var (_, editor) = Mounting();
        var rendered = Render();
        await rendered.InvokeAsync(() => rendered.Instance.Changed("one two"));
        told.ShouldBe(["one two"]);
        rendered.Render(p => p.Add(x => x.Text, "one two"));
        editor.Invocations["set"].ShouldBeEmpty();
    }

    [Fact]
    public void A_text_from_outside_is_sent()
    {
        var (_, editor) = Mounting();
        var rendered = Render();
        rendered.Render(p => p.Add(x => x.Text, "undone"));
        editor.Invocations["set"].Single().Arguments.ShouldBe(["undone"]);
    }

    [Fact]
    public void Other_facts_are_sent_when_they_change_and_only_then()
    {
        var (_, editor) = Mounting();
        var rendered = Render();
        rendered.Render(p => p.Add(x => x.Paths, [new CodePath("order.id", "4711")]));
        rendered.Render(p => p.Add(x => x.Paths, [new CodePath("order.id", "4711")]));
        editor.Invocations["update"].Count.ShouldBe(1);
        rendered.Render(p => p.Add(x => x.ReadOnly, value: true));
        editor.Invocations["update"].Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_was_not_told_yet_when_the_field_went_away_is_not_lost()
    {
        var (_, editor) = Mounting();
        editor.Setup<string?>("dispose").SetResult("one, and the rest");
        var rendered = Render();
        await rendered.InvokeAsync(async () => await rendered.Instance.DisposeAsync());
        told.ShouldBe(["one, and the rest"]);
    }

    [Fact]
    public async Task A_large_text_comes_as_a_stream()
    {
        Mounting();
        var rendered = Render();
        var text = new string('ä', 200_000);
        await rendered.InvokeAsync(() => rendered.Instance.ChangedLarge(new Stream(text)));
        told.Single().ShouldBe(text);
    }

    [Fact]
    public async Task A_text_that_is_too_large_is_refused_in_words()
    {
        Mounting();
        var rendered = Render();
        await rendered.InvokeAsync(() => rendered.Instance.ChangedLarge(new Stream(new string('x', CodeEditor.MaxBytes + 1))));
        told.ShouldBeEmpty();
        context.Services.GetRequiredService<Toasts>().Shown.Single().Text.ShouldContain("larger than 4 MB");
    }

    [Fact]
    public void When_the_editor_cannot_be_loaded_a_plain_field_takes_its_place()
    {
        context.Services.AddSingleton<IJSRuntime>(new Broken());
        var rendered = Render();
        var field = rendered.Find("textarea");
        field.GetAttribute("aria-label").ShouldBe("Template");
        field.Change("typed");
        told.ShouldBe(["typed"]);
    }

    [Fact]
    public void The_plain_field_does_not_take_what_no_message_could_carry()
    {
        context.Services.AddSingleton<IJSRuntime>(new Broken());
        var rendered = Render(new string('x', 100_000));
        rendered.Find("textarea").HasAttribute("readonly").ShouldBeTrue();
        rendered.Markup.ShouldContain("too long for a plain field");
    }

    /// <summary>A browser that does not get the module.</summary>
    sealed class Broken : IJSRuntime
    {
        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => ValueTask.FromException<TValue>(new JSException("Failed to fetch dynamically imported module"));

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => InvokeAsync<TValue>(identifier, args);
    }

    /// <summary>A stream from the browser.</summary>
    sealed class Stream(string text) : IJSStreamReference
    {
        readonly byte[] bytes = Encoding.UTF8.GetBytes(text);

        public long Length => bytes.Length;

        public ValueTask<System.IO.Stream> OpenReadStreamAsync(long maxAllowedSize = 512_000, CancellationToken cancellationToken = default) => new(new MemoryStream(bytes));

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => throw new NotSupportedException();

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}
