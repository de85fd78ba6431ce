namespace FlowStudio.Web.Security;

/// <summary>Who may use an endpoint.</summary>
public enum AccessRule
{
    /// <summary>Anyone who reaches the server.</summary>
    Open,

    /// <summary>People in a browser: they are sent to sign in.</summary>
    Page,

    /// <summary>Programs: they show an API key. Pages come in by their cookie.</summary>
    Api,

    /// <summary>Like <see cref="Api"/>, where the keys themselves are made: the access token will do as well, so that a script can make the first.</summary>
    Keys,

    /// <summary>The endpoint asks for its own proof, as webhooks do.</summary>
    Own,
}

/// <summary>The rule of an endpoint, as metadata; one without is treated as <see cref="AccessRule.Api"/>.</summary>
public sealed record EndpointAccess(AccessRule Rule);

static class EndpointAccessExtensions
{
    public static T Access<T>(this T endpoint, AccessRule rule)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new EndpointAccess(rule));
}
