namespace FlowStudio.Benchmarks.Load;

/// <summary>What a load did. Every request sent is in exactly one of <see cref="ByStatus"/>, <see cref="Failed"/> and <see cref="Unanswered"/>.</summary>
sealed class LoadResult
{
    public long Sent { get; set; }

    /// <summary>Answers by HTTP status.</summary>
    public SortedDictionary<int, long> ByStatus { get; } = [];

    /// <summary>Connections that broke before their answer was whole.</summary>
    public long Failed { get; set; }

    /// <summary>Requests without an answer when the patience after the load was over.</summary>
    public long Unanswered { get; set; }

    /// <summary>2xx answers that came before the load's time was over: the rate counts these alone.</summary>
    public long SucceededInTime { get; set; }

    /// <summary>The load's time, or the time to the last answer where a number of requests ended it sooner.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>Latencies of 2xx answers, from the intended moment of sending.</summary>
    public Histogram Latency { get; } = new();

    public long Succeeded => ByStatus.Where(entry => entry.Key is >= 200 and < 300).Sum(entry => entry.Value);

    /// <summary>2xx answers per second.</summary>
    public double Rate => SucceededInTime / Math.Max(Duration.TotalSeconds, 1e-9);

    /// <summary>What was not a 2xx answer, in words; empty when everything was.</summary>
    public string Trouble
    {
        get
        {
            var words = ByStatus.Where(entry => entry.Key is < 200 or >= 300).Select(entry => $"{entry.Value} × {entry.Key}").ToList();
            if (Failed > 0)
                words.Add($"{Failed} broken");
            if (Unanswered > 0)
                words.Add($"{Unanswered} unanswered");
            return string.Join(", ", words);
        }
    }
}
