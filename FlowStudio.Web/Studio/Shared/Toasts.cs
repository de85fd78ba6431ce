namespace FlowStudio.Web.Studio.Shared;

/// <summary>A short notice that goes by itself; one about a failure stays until it is closed.</summary>
public sealed record Toast(string Text, bool Failed, string? LinkText, string? LinkHref)
{
    /// <summary>Takes back what the notice tells of.</summary>
    public Func<Task>? Undo { get; init; }
}

/// <summary>The notices of one browser tab. Used on its renderer's thread only, except for the timer that takes them away.</summary>
public sealed class Toasts(TimeProvider time) : IDisposable
{
    /// <summary>How long a notice about something that went well stays.</summary>
    public static readonly TimeSpan Stay = TimeSpan.FromSeconds(6);

    /// <summary>How long one stays that has something to take back.</summary>
    public static readonly TimeSpan UndoStay = TimeSpan.FromSeconds(12);

    readonly Lock gate = new();
    readonly List<(Toast Toast, ITimer? Timer)> toasts = [];

    /// <summary>Raised on any thread when <see cref="Shown"/> is another.</summary>
    public event EventHandler? Changed;

    public IReadOnlyList<Toast> Shown
    {
        get
        {
            lock (gate)
                return [.. toasts.Select(t => t.Toast)];
        }
    }

    public void Done(string text, string? linkText = null, string? linkHref = null) => Show(new Toast(text, Failed: false, linkText, linkHref));

    /// <summary>Tells of something that can be taken back while the notice is there.</summary>
    public void Undoable(string text, Func<Task> undo) => Show(new Toast(text, Failed: false, null, null) { Undo = undo });

    public void Failed(string text) => Show(new Toast(text, Failed: true, null, null));

    public void Close(Toast toast)
    {
        lock (gate)
        {
            var at = toasts.FindIndex(t => ReferenceEquals(t.Toast, toast));
            if (at < 0)
                return;
            toasts[at].Timer?.Dispose();
            toasts.RemoveAt(at);
        }
        Changed?.Invoke(this, EventArgs.Empty);
    }

    void Show(Toast toast)
    {
        lock (gate)
        {
            while (toasts.Count >= 4)
            {
                toasts[0].Timer?.Dispose();
                toasts.RemoveAt(0);
            }
            toasts.Add((toast, toast.Failed ? null : time.CreateTimer(state => Close(toast), null, toast.Undo is null ? Stay : UndoStay, Timeout.InfiniteTimeSpan)));
        }
        Changed?.Invoke(this, EventArgs.Empty);
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var (_, timer) in toasts)
                timer?.Dispose();
            toasts.Clear();
        }
    }
}
