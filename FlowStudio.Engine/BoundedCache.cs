using System.Collections.Concurrent;

namespace FlowStudio.Engine;

/// <summary>
/// Remembers what is costly to make and safe to make twice. When full it is emptied: what is in use comes back at once, and nothing is kept for ever.
/// </summary>
/// <param name="capacity">Entries at most.</param>
sealed class BoundedCache<TKey, TValue>(int capacity)
    where TKey : notnull
{
    readonly ConcurrentDictionary<TKey, TValue> entries = new();

    public int Count => entries.Count;

    /// <summary>The entry of <paramref name="key"/>; made when there is none. Two that ask at once may each make it, and one wins.</summary>
    public TValue Get<TState>(TKey key, TState state, Func<TKey, TState, TValue> make)
    {
        if (entries.TryGetValue(key, out var found))
            return found;
        if (entries.Count >= capacity)
            entries.Clear();
        return entries.GetOrAdd(key, make, state);
    }
}
