using System.Net;

namespace FlowStudio.Web.Security;

/// <summary>Slows down whoever guesses: after ten wrong tokens in a minute an address waits for the rest of that minute.</summary>
sealed class FailureLimit(TimeProvider time)
{
    const int MaxFailures = 10;
    const int MaxAddresses = 10_000;
    static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    readonly Lock gate = new();
    readonly Dictionary<IPAddress, (long Since, int Count)> failures = [];

    /// <summary>Addresses that are remembered.</summary>
    internal int Count
    {
        get
        {
            lock (gate)
                return failures.Count;
        }
    }

    /// <summary>How long the address has to wait; null when it need not.</summary>
    public TimeSpan? Wait(IPAddress? address)
    {
        lock (gate)
        {
            if (!failures.TryGetValue(Key(address), out var seen) || seen.Count < MaxFailures)
                return null;
            var left = Window - time.GetElapsedTime(seen.Since);
            return left > TimeSpan.Zero ? left : null;
        }
    }

    public void Add(IPAddress? address)
    {
        var key = Key(address);
        lock (gate)
        {
            if (failures.TryGetValue(key, out var seen) && time.GetElapsedTime(seen.Since) < Window)
            {
                failures[key] = (seen.Since, seen.Count + 1);
                return;
            }
            if (failures.Count >= MaxAddresses)
                Forget();
            failures[key] = (time.GetTimestamp(), 1);
        }
    }

    /// <summary>Drops what is over; when nothing is, everything, rather than growing.</summary>
    void Forget()
    {
        foreach (var old in failures.Where(f => time.GetElapsedTime(f.Value.Since) >= Window).Select(f => f.Key).ToArray())
            failures.Remove(old);
        if (failures.Count >= MaxAddresses)
            failures.Clear();
    }

    /// <summary>An IPv6 network of 64 bits is one party: it has as many addresses as it likes.</summary>
    static IPAddress Key(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily is not System.Net.Sockets.AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
