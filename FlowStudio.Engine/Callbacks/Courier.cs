using System.Globalization;
using System.Text;
using FlowStudio.Engine.Egress;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Callbacks;

/// <summary>What came of carrying a message once.</summary>
/// <param name="Attempt">As it is stored, but for its number.</param>
/// <param name="RetryAfter">What the receiver asks for.</param>
sealed record Carried(DeliveryAttempt Attempt, TimeSpan? RetryAfter)
{
    /// <summary>Whether the receiving server spoke for itself: it is not down, and not overrun.</summary>
    public bool IsAlive => Attempt is { ErrorCode: null, StatusCode: not null and < 500 and not 429 };
}

/// <summary>Carries one message once: signed, by POST, through the guarded way out, without following redirects.</summary>
sealed class Courier(GuardedHttp http, CallbackOptions options, SecretRedactor redactor, TimeProvider time)
{
    /// <summary>Of the answer's body: what is stored.</summary>
    public const int AnswerBytes = 4096;

    /// <exception cref="OperationCanceledException">The server stops; whether the message came through is not known.</exception>
    public async Task<Carried> CarryAsync(Guid id, string url, byte[] body, SigningSecret secret, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var began = time.GetTimestamp();
        var name = id.ToString();
        var request = new GuardedRequest("POST", url)
        {
            Headers =
            [
                new(WebhookSignature.IdHeader, name),
                new(WebhookSignature.TimestampHeader, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
                new(WebhookSignature.SignatureHeader, WebhookSignature.Sign(name, at, body, secret.Live)),
            ],
            Body = body,
            ContentType = "application/json",
            Timeout = TimeSpan.FromSeconds(options.TimeoutSeconds),
            MaxResponseBytes = AnswerBytes,
            CutResponse = true,
        };
        try
        {
            var response = await http.SendAsync(request, cancellationToken);
            var attempt = new DeliveryAttempt
            {
                Number = 0,
                At = at,
                Duration = time.GetElapsedTime(began),
                StatusCode = response.Status,
                Error = response.IsSuccess ? null : Words(response.Status),
                Answer = response.Body.IsEmpty ? null : redactor.Redact(CallbackUrl.Hide(url, Encoding.UTF8.GetString(response.Body.Span))),
            };
            return new(attempt, response.IsSuccess ? null : RetryAfter.Parse(response.Header("Retry-After"), time));
        }
        catch (EgressException e)
        {
            return new(Failed(at, time.GetElapsedTime(began), EgressCodes.Of(e.Kind), e.Message), RetryAfter: null);
        }
    }

    public static DeliveryAttempt Failed(DateTimeOffset at, TimeSpan duration, string code, string error) =>
        new() { Number = 0, At = at, Duration = duration, ErrorCode = code, Error = error };

    static string Words(int status) => status switch
    {
        410 => "The receiver answered 410: it does not want this message, now or later.",
        >= 300 and < 400 => string.Create(CultureInfo.InvariantCulture, $"The receiver answered {status}, a redirect, and those are not followed. Give the final address."),
        _ => string.Create(CultureInfo.InvariantCulture, $"The receiver answered {status}; only 2xx says that it took the message."),
    };
}
