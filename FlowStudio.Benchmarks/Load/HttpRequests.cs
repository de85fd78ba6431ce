using System.Globalization;
using System.Net;
using System.Text;

namespace FlowStudio.Benchmarks.Load;

/// <summary>Requests as bytes, made once before the clock starts.</summary>
static class HttpRequests
{
    /// <summary>A JSON POST on a kept-alive connection.</summary>
    public static byte[] Post(IPEndPoint host, string pathAndQuery, string json)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var head = string.Create(CultureInfo.InvariantCulture,
            $"POST {pathAndQuery} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    /// <summary>Sixteen orders as the tutorial's shop would send them, all of the same shape and nearly the same length.</summary>
    public static byte[][] Orders(IPEndPoint host, string pathAndQuery) =>
        [.. Enumerable.Range(0, 16).Select(number => Post(host, pathAndQuery, Order(number)))];

    internal static string Order(int number) =>
        $$"""{"id":"order-{{number:D4}}","name":"Ada Lovelace","email":"ada@example.org","text":"Two notebooks and a fountain pen, please.","message":"Where is my parcel?","total":{{42.5 + number:F2}},"items":[{"sku":"NB-1","count":2},{"sku":"FP-7","count":1}]}""";
}
