using System.Net;
using FlowStudio.Engine.Egress;
using Shouldly;
using Xunit;
using static FlowStudio.Tests.Egress.Calls;

namespace FlowStudio.Tests.Egress;

/// <summary>
/// Every way to write "the inside" that is known from advisories. Names resolve to loopback here, the worst that DNS could say, and a
/// listener waits where each of these would lead.
/// </summary>
public class UrlFormsTests
{
    // :P stands for the listener's port.
    static readonly string[] Hosts =
    [
        // Loopback, in the notations that inet_aton reads.
        "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.000.000.001", "127.255.255.254", "127.127.127.127", "2130706433", "0x7f000001", "0x7F000001", "017700000001",
        "0x7f.1", "0x7f.0x0.0x0.0x1", "0177.1", "0177.0.0.1", "0177.0.0.01", "0177.0000.0000.0001", "127.0x1", "0x7f.0.1", "127.0.0.0x1", "00000177.1", "0x000000007f.1",
        "127.0.0.01", "127.0.0.00001", "127.0.0.1%00", "127.0.0.1%20", "127.0.0.256", "127.0.0.1.1", "4294967295", "4294967296", "1",
        // Names for it, and what folds to them.
        "localhost", "LOCALHOST", "LocalHost.", "localhost.localdomain", "sub.localhost", "LOCALHOſT", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "local\u00ADhost", "local\u200Bhost",
        "loc%61lhost", "%6cocalhost", "localtest.me", "127.0.0.1.nip.io", "7f000001.nip.io", "ip6-localhost", "ip6-loopback", "loopback", "lvh.me", "customer1.app.localhost.my.company.127.0.0.1.nip.io",
        // Digits that are not ASCII, and dots that are not full stops.
        "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦。⓪。⓪。①", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "𝟣𝟤𝟩.𝟢.𝟢.𝟣", "１２７.１", "²¹³⁰⁷⁰⁶⁴³³", "¹²⁷.⁰.⁰.¹", "١٢٧.٠.٠.١", "०.०.०.०",
        // The unspecified address.
        "0", "0.0.0.0", "0.0.0.0.", "00.00.00.00", "0x0", "0x00000000", "0.0", "000000000000", "0.1.2.3", "0.255.255.255",
        // Private, shared and special networks.
        "10.0.0.1", "10.255.255.255", "10.1", "0xa000001", "012.0.0.1", "167772161", "172.16.0.1", "172.31.255.255", "0xac100001", "2886729729", "192.168.0.1", "192.168.1.1.", "0xc0a80101", "3232235777",
        "0300.0250.1.1", "192.168.257", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
        "240.0.0.1", "255.255.255.255", "0xffffffff",
        // Link-local and metadata.
        "169.254.169.254", "169.254.169.254.", "2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "025177524776", "169.254.43518", "169.16689662", "169.254.0.1", "169.254.170.2",
        "①⑥⑨.②⑤④.①⑥⑨.②⑤④", "１６９.２５４.１６９.２５４", "169。254。169。254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "metadata.google.internal", "METADATA.GOOGLE.INTERNAL", "metadata.google.internal.",
        "metadata。google。internal", "metadata.goog", "metadata", "instance-data", "169.254.169.254.nip.io", "kubernetes.default.svc", "host.docker.internal",
        // IPv6, and IPv4 within it.
        "[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0001]", "[0::1]", "[::1%25lo]", "[::1%251]", "[::]", "[0::0]", "[::ffff:127.0.0.1]", "[::FFFF:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::ffff:0.0.0.0]", "[::ffff:10.0.0.1]", "[::ffff:c0a8:101]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[::7f00:1]", "[::a9fe:a9fe]", "[::ffff:0:127.0.0.1]", "[::ffff:0:7f00:1]",
        "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::127.0.0.1]", "[64:ff9b:1:7f00:0:100::]", "[2002:7f00:1::]", "[2002:7f00:1::1]", "[2002:a9fe:a9fe::]", "[2002:c0a8:101::]",
        "[2001::1]", "[2001:0:7f00:1::80ff:fffe]", "[fe80::1]", "[fe80::1%25eth0]", "[febf::1]", "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "[fec0::1]", "[ff02::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[4000::1]",
    ];

    static readonly string[] Urls =
    [
        // User names, and what tries to look like one.
        "http://user@127.0.0.1:P/", "http://user:secret@127.0.0.1:P/", "http://example.com@127.0.0.1:P/", "http://example.com:80@127.0.0.1:P/", "http://@127.0.0.1:P/", "http://:@127.0.0.1:P/", "http://127.0.0.1:P@example.com/",
        "http://127.0.0.1:P%2f@example.com/", "http://example.com%40127.0.0.1:P/", "http://example.com#@127.0.0.1:P/", "http://example.com?@127.0.0.1:P/", "http://example.com\\@127.0.0.1:P/", "http://127.0.0.1:P\\@example.com/", "http://user@@127.0.0.1:P/",
        "https://user:p@example.com/", "http://example.com;@127.0.0.1:P/", "http://example.com&@127.0.0.1:P#@example.com/",
        // Slashes and colons.
        "http:127.0.0.1:P", "http:/127.0.0.1:P/", "http:///127.0.0.1:P/", "http:////127.0.0.1:P/", "http:\\\\127.0.0.1:P\\", "http:/\\127.0.0.1:P/", "http://\\127.0.0.1:P/", "http://127.0.0.1:P:80/", "http://127.0.0.1:P+/", "http://127.0.0.1:P abc/", "http://", "http://:P/", "http:", "http://?x", "http://#",
        "http://127.0.0.1:P#.example.com/", "http://127.0.0.1:P?.example.com/", "http://127.0.0.1:P/.example.com", "http://127.0.0.1:P/../..", "HTTP://127.0.0.1:P/", "hTTp://LOCALHOST:P/",
        // Other schemes.
        "file:///etc/passwd", "FILE:///etc/passwd", "file://127.0.0.1:P/x", "ftp://127.0.0.1:P/x", "gopher://127.0.0.1:P/_x", "dict://127.0.0.1:P/x", "ldap://127.0.0.1:P/x", "ws://127.0.0.1:P/x", "wss://127.0.0.1:P/x", "jar:http://127.0.0.1:P/!/", "data:text/plain,x",
        "javascript:alert(1)", "blob:http://127.0.0.1:P/x", "view-source:http://127.0.0.1:P/", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/x", "netdoc:///etc/passwd", "url:http://127.0.0.1:P/", "about:blank", "mailto:a@127.0.0.1", "localhost:P/", "127.0.0.1:P",
        // Relative and nearly so.
        "", " ", "/", "//127.0.0.1:P/", "///127.0.0.1:P/", "\\\\127.0.0.1\\x", "/\\127.0.0.1:P/", "\\/127.0.0.1:P/", "127.0.0.1", "example", "?x=1", "#x", ".", "..", "../bin/orders", "./bin/orders", "bin/orders", "/api/v1/flows", "/bin", "/bins/orders", "/BIN/orders", "/etc/passwd",
        "/bin/", "/bin//orders", "/bin/../api/v1/flows", "/bin/orders/../../api", "/bin/./orders", "/bin/%2e%2e/api", "/bin/%2E%2E/api", "/bin/orders/%2e", "/bin/orders%2f..%2fapi", "/bin/orders/%5c..", "/bin/orders\\..\\api", "/bin/orders%00", "/bin/orders//x", "/bin/orders/x//",
        // Control characters.
        "http://127.0.0.1:P/\r\nX-Evil: 1", "http://127.0.0.1:P/\nx", "http://127.0.0.1:P/\0", "http://127.0.0.1:P/\tx", "http://127.0.0.1\r\n:P/", "\r\nhttp://127.0.0.1:P/", "http://127.0.0.1:P/\u007f", "ht\ntp://127.0.0.1:P/", "http://exa\tmple.com/", "/bin/orders\r\nX: 1",
    ];

    static IEnumerable<string> Forms =>
        Hosts.SelectMany(host => (string[])[$"http://{host}:P/x", $"https://{host}:P/x"]).Concat(Urls);

    [Fact]
    public void The_table_is_not_shorter_than_promised()
    {
        Hosts.Length.ShouldBeGreaterThan(170);
        Urls.Length.ShouldBeGreaterThan(90);
    }

    [Fact]
    public async Task No_form_of_a_forbidden_address_gets_a_connection()
    {
        await using var listener = new RawListener();
        var dialled = new List<IPEndPoint>();
        using var http = new GuardedHttp(
            new EgressOptions(),
            TimeProvider.System,
            bins: null,
            resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            dial: (endPoint, _) =>
            {
                dialled.Add(endPoint);
                throw new IOException("dialled");
            });
        var wrong = new List<string>();

        foreach (var form in Forms.Select(form => form.Replace(":P", $":{listener.Port}", StringComparison.Ordinal)))
        {
            var outcome = await Record.ExceptionAsync(() => http.SendAsync(Get(form), Ct));
            if (outcome is not EgressException { Kind: EgressFailure.Refused or EgressFailure.InvalidUrl })
                wrong.Add($"{form} → {(outcome as EgressException)?.Kind.ToString() ?? outcome?.GetType().Name ?? "an answer"}: {outcome?.Message}");
        }

        wrong.ShouldBeEmpty();
        dialled.ShouldBeEmpty();
        listener.Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task The_client_for_libraries_refuses_the_same_forms()
    {
        await using var listener = new RawListener();
        using var http = new GuardedHttp(new EgressOptions(), TimeProvider.System, bins: null, resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), dial: null);
        var wrong = new List<string>();

        foreach (var form in Forms.Select(form => form.Replace(":P", $":{listener.Port}", StringComparison.Ordinal)))
        {
            if (!Uri.TryCreate(form, UriKind.Absolute, out var url))
                continue;
            var outcome = await Record.ExceptionAsync(() => http.Client.GetAsync(url, Ct));
            if (outcome is null)
                wrong.Add(form);
        }

        wrong.ShouldBeEmpty();
        listener.Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task The_listener_would_have_been_reached()
    {
        // Without this the two tests above could pass on a listener that nobody reaches.
        await using var listener = RawListener.Answering("HTTP/1.1 204 No Content\r\n\r\n");
        using var http = OnLoopback();

        (await http.SendAsync(Get($"http://2130706433:{listener.Port}/x"), Ct)).Status.ShouldBe(204);

        listener.Accepted.ShouldBe(1);
    }
}
