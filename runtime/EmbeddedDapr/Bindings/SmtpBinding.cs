using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dapr.Embedded.Components;
using Dapr.Embedded.Resources;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Dapr.Embedded.Bindings;

/// <summary>
/// bindings.smtp: one mail for each "create". From, to and subject come from the component or the request, the request first; addresses are split by
/// ";".
/// </summary>
internal sealed class SmtpBinding : IOutputBinding
{
    private readonly ComponentMetadata settings;
    private readonly string host;
    private readonly int port;

    private SmtpBinding(ComponentMetadata settings)
    {
        this.settings = settings;
        host = settings.Required("host");
        port = settings.Whole("port", 587);
    }

    public IReadOnlyList<string> Capabilities { get; } = ["OUTPUT_BINDING"];

    public IReadOnlyList<string> Operations { get; } = ["create"];

    /// <exception cref="ResourceException">Host is missing, user and password do not go together, or priority is no 1 to 5.</exception>
    public static SmtpBinding Open(ComponentSpec spec)
    {
        if (spec.Metadata.Text("user") is null != spec.Metadata.Text("password") is null)
            throw new ResourceException("metadata user and password go together; give both or none");
        if (spec.Metadata.Whole("priority", 3) is < 1 or > 5)
            throw new ResourceException($"metadata priority is {spec.Metadata.Text("priority")}, expected 1 (highest) to 5 (lowest)");
        return new SmtpBinding(spec.Metadata);
    }

    public async Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken cancellationToken)
    {
        using var mail = Compose(request);
        using var client = new SmtpClient();
        try
        {
            if (settings.Flag("skipTLSVerify", false))
                client.ServerCertificateValidationCallback = (_, _, _, _) => true;
            var security = port == 465 ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTlsWhenAvailable;
            await client.ConnectAsync(host, port, security, cancellationToken).ConfigureAwait(false);
            if (settings.Text("user") is { } user)
                await client.AuthenticateAsync(user, settings.Required("password"), cancellationToken).ConfigureAwait(false);
            await client.SendAsync(mail, cancellationToken).ConfigureAwait(false);
            await client.DisconnectAsync(true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
            when (error
                    is SocketException
                        or IOException
                        or ProtocolException
                        or CommandException
                        or System.Security.Authentication.AuthenticationException
                        or SslHandshakeException
                        or NotSupportedException
            )
        {
            throw new BindingException($"error from smtp binding, sending email failed: {host}:{port}: {error.Message}", error);
        }
        return BindingAnswer.Nothing;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private MimeMessage Compose(BindingRequest request)
    {
        string? Of(string name) => request.Metadata.GetValueOrDefault(name) is { Length: > 0 } own ? own : settings.Text(name);
        string Needed(string name) =>
            Of(name) ?? throw new BindingException($"error from smtp binding: {name} property not supplied in configuration or request metadata");
        var mail = new MimeMessage
        {
            Subject = Needed("subject"),
            Body = new TextPart("html") { Text = Encoding.UTF8.GetString(BindingText.Unquoted(request.Data)) },
        };
        mail.From.AddRange(Addresses(Needed("emailFrom")));
        mail.To.AddRange(Addresses(Needed("emailTo")));
        mail.Cc.AddRange(Addresses(Of("emailCC") ?? ""));
        mail.Bcc.AddRange(Addresses(Of("emailBCC") ?? ""));
        var priority = Of("priority") ?? "3";
        if (!int.TryParse(priority, CultureInfo.InvariantCulture, out var level) || level is < 1 or > 5)
            throw new BindingException($"error from smtp binding: priority value must be between 1 (highest) and 5 (lowest), seen {priority}");
        mail.Headers.Add("X-Priority", priority);
        return mail;
    }

    private static IEnumerable<InternetAddress> Addresses(string text)
    {
        foreach (var one in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            yield return MailboxAddress.TryParse(one, out var address)
                ? address
                : throw new BindingException($"error from smtp binding: \"{one}\" is no mail address");
        }
    }
}
