using System.Buffers;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using FlowStudio.Engine;
using Microsoft.AspNetCore.Http.Metadata;

namespace FlowStudio.Web.Api.Json;

/// <summary>What an endpoint's JSON body is, for the API's description; unlike the framework's own metadata it does not take part in routing.</summary>
sealed record JsonBodyType(Type Type);

/// <summary>A request's body after the gate; handlers take it as a parameter, and the API's description shows it as <typeparamref name="T"/>.</summary>
/// <param name="Value">The JSON; undefined when the body was empty.</param>
/// <param name="Hash">SHA-256 of the body's bytes, unpacked.</param>
sealed record JsonBody<T>(JsonElement Value, byte[] Hash) : IEndpointParameterMetadataProvider
{
    public bool IsEmpty => Value.ValueKind is JsonValueKind.Undefined;

    /// <exception cref="ApiException">There is no body.</exception>
    public JsonElement Required => IsEmpty ? throw ApiException.BadRequest("empty_body", "The request has no body. Send JSON.") : Value;

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new JsonBodyType(typeof(T)));

    /// <exception cref="ApiException">The body is too large, packed in a way that is not taken, or not JSON that can be kept.</exception>
    public static ValueTask<JsonBody<T>> BindAsync(HttpContext context, ParameterInfo parameter) => RequestBody.ReadJsonAsync(context, static body => Parse(body));

    static JsonBody<T> Parse(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty)
            return new(default, SHA256.HashData([]));
        var flaw = JsonIntake.Read(bytes, out var value);
        if (flaw is not JsonFlaw.None)
            throw ApiException.BadRequest(JsonIntake.Code(flaw), JsonIntake.Words(flaw));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in bytes)
            hash.AppendData(segment.Span);
        return new(value, hash.GetHashAndReset());
    }
}
