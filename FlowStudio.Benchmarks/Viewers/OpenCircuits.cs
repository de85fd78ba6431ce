namespace FlowStudio.Benchmarks.Viewers;

/// <summary>Viewers whose browsers cost nothing: see <see cref="Circuit"/>.</summary>
sealed class OpenCircuits : IAsyncDisposable
{
    readonly List<Circuit> circuits = [];
    readonly HttpClient http = new();
    long batches;
    long bytes;

    /// <summary>Opens so many circuits of a page, and waits until each was sent something.</summary>
    public static async Task<OpenCircuits> OpenAsync(string url, int count, CancellationToken cancellationToken)
    {
        var opened = new OpenCircuits();
        try
        {
            for (var i = 0; i < count; i++)
                opened.circuits.Add(await Circuit.OpenAsync(opened.http, url, cancellationToken));
            while (opened.circuits.Exists(c => c.Batches == 0))
            {
                opened.Check();
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>What came since it was last asked, to all together.</summary>
    /// <exception cref="InvalidOperationException">One of them broke off.</exception>
    public (double Batches, double Bytes) Take()
    {
        Check();
        var (nowBatches, nowBytes) = (circuits.Sum(c => c.Batches), circuits.Sum(c => c.Bytes));
        var taken = (nowBatches - batches, nowBytes - bytes);
        (batches, bytes) = (nowBatches, nowBytes);
        return taken;
    }

    void Check()
    {
        if (circuits.Find(c => c.Trouble.Length > 0) is { } broken)
            throw new InvalidOperationException($"A viewer's circuit broke off: {broken.Trouble}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var circuit in circuits)
            await circuit.DisposeAsync();
        http.Dispose();
    }
}
