using System.Net;
using System.Net.Sockets;

namespace FlowStudio.Engine.Egress;

/// <summary>A block of addresses that is not the public internet.</summary>
/// <param name="Rule">Stable name of the rule, for errors and tests.</param>
/// <param name="Words">What the block is, as it stands in a sentence.</param>
sealed record AddressRange(string Rule, string Words, IPNetwork Network);

/// <summary>
/// The blocks of the IANA special-purpose address registries (RFC 6890 and its successors), multicast, and where clouds keep their
/// machines' credentials.
/// </summary>
static class AddressRanges
{
    public const string Loopback = "loopback";
    public const string LinkLocal = "link-local";
    public const string Metadata = "cloud-metadata";

    const string MetadataWords = "a cloud provider's metadata service";
    const string LinkLocalWords = "a link-local address";

    /// <summary>Refused even when the allow list covers them. The narrower block stands before the wider.</summary>
    public static AddressRange[] NeverAllowed { get; } =
    [
        Range("169.254.169.254/32", Metadata, MetadataWords), // AWS, Azure, Google, DigitalOcean, OpenStack
        Range("168.63.129.16/32", Metadata, MetadataWords), // Azure's host agent: a public address by number only
        Range("100.100.100.200/32", Metadata, MetadataWords), // Alibaba
        Range("192.0.0.192/32", Metadata, MetadataWords), // Oracle
        Range("fd00:ec2::254/128", Metadata, MetadataWords), // AWS
        Range("fd20:ce::254/128", Metadata, MetadataWords), // Google
        Range("fd00:42::42/128", Metadata, MetadataWords), // Scaleway
        Range("169.254.0.0/16", LinkLocal, LinkLocalWords),
        Range("fe80::/10", LinkLocal, LinkLocalWords),
    ];

    static readonly AddressRange MetadataName = new(Metadata, MetadataWords, NeverAllowed[0].Network);

    static readonly AddressRange[] NonPublicV4 =
    [
        Range("127.0.0.0/8", Loopback, "the server's own machine"),
        Range("10.0.0.0/8", "private-network", "a private network"),
        Range("172.16.0.0/12", "private-network", "a private network"),
        Range("192.168.0.0/16", "private-network", "a private network"),
        Range("100.64.0.0/10", "shared-network", "a carrier's or VPN's shared network"),
        Range("0.0.0.0/8", "this-network", "\"this network\", which reaches the server's own machine"),
        Range("192.0.0.0/24", "reserved", "a block reserved for protocols"),
        Range("192.0.2.0/24", "documentation", "a block for examples in documents"),
        Range("198.51.100.0/24", "documentation", "a block for examples in documents"),
        Range("203.0.113.0/24", "documentation", "a block for examples in documents"),
        Range("192.88.99.0/24", "tunnel", "a retired 6to4 relay"),
        Range("198.18.0.0/15", "benchmark", "a block for network benchmarks"),
        Range("224.0.0.0/4", "multicast", "a multicast group"),
        Range("240.0.0.0/4", "reserved", "a reserved block"),
    ];

    static readonly AddressRange[] NonPublicV6 =
    [
        Range("::1/128", Loopback, "the server's own machine"),
        Range("::/128", "this-network", "the unspecified address, which reaches the server's own machine"),
        Range("fc00::/7", "private-network", "a private network"),
        Range("ff00::/8", "multicast", "a multicast group"),
        Range("::ffff:0:0:0/96", "tunnel", "an IPv4 address translated to IPv6"),
        Range("64:ff9b::/96", "tunnel", "an IPv4 address behind NAT64"),
        Range("64:ff9b:1::/48", "tunnel", "an IPv4 address behind a local NAT64"),
        Range("2002::/16", "tunnel", "a 6to4 tunnel"),
        Range("2001::/32", "tunnel", "a Teredo tunnel"),
        Range("100::/64", "reserved", "a block that discards what it gets"),
        Range("2001:2::/48", "benchmark", "a block for network benchmarks"),
        Range("2001:10::/28", "reserved", "a retired block"),
        Range("2001:db8::/32", "documentation", "a block for examples in documents"),
        Range("3fff::/20", "documentation", "a block for examples in documents"),
        Range("5f00::/16", "reserved", "a block for segment routing"),
    ];

    /// <summary>Public IPv6 addresses are handed out from here and nowhere else (RFC 4291, IANA).</summary>
    static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    static readonly AddressRange OutsideGlobalUnicast = new("reserved", "outside the public IPv6 range 2000::/3", GlobalUnicast);

    /// <summary>Google's metadata server is known by name; it also answers wherever that name is made to point.</summary>
    public static AddressRange? NeverByName(string host) =>
        host is "metadata.google.internal" or "metadata.goog" ? MetadataName : null;

    public static AddressRange? Never(IPAddress address) => Find(NeverAllowed, address);

    /// <summary>Null: a public address.</summary>
    public static AddressRange? NonPublic(IPAddress address)
    {
        if (address.AddressFamily is AddressFamily.InterNetwork)
            return Find(NonPublicV4, address);
        return Find(NonPublicV6, address) ?? (GlobalUnicast.Contains(address) ? null : OutsideGlobalUnicast);
    }

    /// <summary>
    /// The IPv4 addresses that an IPv6 address carries in it. <paramref name="same"/>: it is only another spelling (mapped, compatible), so
    /// the IPv4 address decides alone; otherwise a gateway would have to forward, and both are judged.
    /// </summary>
    public static IPAddress[] IPv4In(IPAddress address, out bool same)
    {
        same = false;
        if (address.AddressFamily is not AddressFamily.InterNetworkV6)
            return [];
        Span<byte> b = stackalloc byte[16];
        address.TryWriteBytes(b, out _);
        var last = new IPAddress(b[12..]);
        same = !b[..10].ContainsAnyExcept((byte)0)
            && ((b[10] is 0xFF && b[11] is 0xFF)
                || (b[10] is 0 && b[11] is 0 && b[12..].ContainsAnyExcept((byte)0) && !address.Equals(IPAddress.IPv6Loopback)));
        var translated = !b[..8].ContainsAnyExcept((byte)0) && b[8] is 0xFF && b[9] is 0xFF && b[10] is 0 && b[11] is 0;
        var nat64 = b[0] is 0 && b[1] is 0x64 && b[2] is 0xFF && b[3] is 0x9B;
        if (same || translated)
            return [last];
        if (nat64)
            return b[5] is 1 && !b[11..].ContainsAnyExcept((byte)0) ? [new IPAddress([b[6], b[7], b[9], b[10]])] : [last]; // RFC 6052 §2.2: /48, /96
        return b[0] is 0x20 && b[1] is 0x02 ? [new IPAddress(b[2..6])] : [];
    }

    static AddressRange? Find(AddressRange[] ranges, IPAddress address)
    {
        foreach (var range in ranges)
        {
            if (range.Network.Contains(address))
                return range;
        }

        return null;
    }

    static AddressRange Range(string cidr, string rule, string words) => new(rule, words, IPNetwork.Parse(cidr));
}
