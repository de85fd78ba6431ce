namespace FlowStudio.Web.Studio.Layout;

/// <summary>The places in the top bar that a page fills.</summary>
static class Top
{
    public static readonly object Start = new();
    public static readonly object Middle = new();
    public static readonly object End = new();
}
