using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Tests.Studio;

/// <summary>
/// What a user does to a page. bUnit's own methods of these names go on while the page, busy with a change from elsewhere, has the event still before it; these
/// go on when it has taken it. Being of the tests' own namespace they come first wherever both are known.
/// </summary>
static class PageEvents
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static void Click(this IElement element) => Do(element, static e => e.ClickAsync(new()));

    public static void DoubleClick(this IElement element) => Do(element, static e => e.DoubleClickAsync(new()));

    public static void Change<T>(this IElement element, T value) => Do(element, e => e.ChangeAsync(new ChangeEventArgs { Value = value }));

    public static void Input<T>(this IElement element, T value) => Do(element, e => e.InputAsync(new ChangeEventArgs { Value = value }));

    public static void KeyDown(this IElement element, Key key) => Do(element, e => e.KeyDownAsync(key));

    public static void Submit(this IElement element) => Do(element, static e => e.SubmitAsync());

    public static void Blur(this IElement element) => Do(element, static e => e.BlurAsync(new()));

    public static void FocusIn(this IElement element) => Do(element, static e => e.FocusInAsync(new()));

    static void Do(IElement element, Func<IElement, Task> act)
    {
        var page = element.Owner?.Context.GetService<BunitContext>() ?? throw new InvalidOperationException("The element is of no page.");
        var done = act(element);
        // What the page does is done in turn: when this has its turn, the event has had its own. What the event then waits for is not waited for.
        var turn = page.Renderer.Dispatcher.InvokeAsync(static () => { });
        if (!Task.WaitAll([turn], Patience))
            throw new TimeoutException("The page has not taken the event.");
        if (done.IsFaulted)
            done.GetAwaiter().GetResult();
    }
}
