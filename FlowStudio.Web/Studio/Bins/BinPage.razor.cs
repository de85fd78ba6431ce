using System.Collections.Concurrent;
using FlowStudio.Engine.Bins;
using FlowStudio.Web.Studio.Shared;
using Microsoft.AspNetCore.Components;

namespace FlowStudio.Web.Studio.Bins;

/// <summary>One bin: what it caught, live.</summary>
public sealed partial class BinPage : IDisposable
{
    readonly ConcurrentQueue<BinRequest> arrived = new();
    BinWatch? watch;
    Modal? confirm;
    string? shownName;
    Guid? chosen;
    bool raw;

    [Parameter] public string Name { get; set; } = "";

    [Inject] internal IBinStore Store { get; init; } = null!; // set by the framework before anything runs, as those below
    [Inject] internal NavigationManager Navigation { get; init; } = null!; // injected
    [Inject] internal Toasts Toasts { get; init; } = null!; // injected

    string Address => $"{Navigation.BaseUri}bin/{Name}";

    BinRequest? Shown => watch?.Requests.FirstOrDefault(r => r.Id == chosen) ?? (watch?.Requests is [var newest, ..] ? newest : null);

    string Counted => watch?.Requests.Count switch
    {
        null => "",
        0 => $"keeps the last {BinWatch.Keep}",
        1 => $"1 request; the last {BinWatch.Keep} are kept",
        var count => $"{count} requests; the last {BinWatch.Keep} are kept",
    };

    /// <summary>What is looked at stays while others arrive; the newest follows the arriving.</summary>
    void Choose(BinRequest request) => chosen = watch?.Requests is [var newest, ..] && newest == request ? null : request.Id;

    protected override void OnInitialized() => Store.Caught += OnCaught;

    protected override async Task OnParametersSetAsync()
    {
        if (shownName == Name)
            return;
        (shownName, chosen, watch) = (Name, null, null);
        var name = Name;
        var stored = await Store.ListAsync(name, BinWatch.Keep, CancellationToken.None);
        if (name != Name)
            return;
        watch = new BinWatch();
        watch.Add(stored);
        TakeArrived();
    }

    void OnCaught(BinRequest request)
    {
        if (!string.Equals(request.Bin, Name, StringComparison.Ordinal))
            return;
        arrived.Enqueue(request);
        // A flood draws once per turn of the renderer, not once per request.
        if (arrived.Count == 1)
        {
            _ = InvokeAsync(() =>
            {
                TakeArrived();
                StateHasChanged();
            });
        }
    }

    void TakeArrived()
    {
        if (watch is null)
            return; // taken when what is stored has been read
        var more = new List<BinRequest>();
        while (arrived.TryDequeue(out var request))
        {
            if (request.Bin == Name)
                more.Add(request);
        }
        if (more.Count > 0)
            watch.Add(more);
    }

    async Task EmptyAsync()
    {
        var count = await Store.ClearAsync(Name, CancellationToken.None);
        watch?.Clear();
        if (confirm is not null)
            await confirm.CloseAsync();
        Toasts.Done(count == 1 ? "1 request deleted." : $"{Times.Count(count)} requests deleted.");
    }

    string Below(BinRequest request)
    {
        var prefix = $"/bin/{Name}";
        var path = request.Path.StartsWith(prefix, StringComparison.Ordinal) ? request.Path[prefix.Length..] : request.Path;
        return (path.Length == 0 ? "/" : path) + (request.Query.Length > 0 ? "?" + request.Query : "");
    }

    string Command() => $"curl -H 'Content-Type: application/json' -d '{{\"hello\":\"{Name}\"}}' \"{Address}\"";

    public void Dispose() => Store.Caught -= OnCaught;
}
