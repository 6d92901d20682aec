# What a PowerShell session of a worker does for failback: it asks a host's CIM by itself, or through an endpoint of the host, and nothing else. Loaded
# once for each session, then called with one request after the other.
#
# The answer is one JSON object (in base64) between two markers that the request names, so that nothing else that is written to the console can be
# taken for it.

. (Join-Path -Path (Join-Path -Path $PSScriptRoot -ChildPath 'Failback') -ChildPath 'cim.ps1')

$FailbackPing = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{"operation":"ping"}'))

$FailbackShell = @{
    # Opens passwords.
    Key      = $null
    # The session with an endpoint; null: a CIM session does.
    Endpoint = $null
    # The endpoint's clock minus ours, as far as its answers prove it: each left there before it arrived here.
    Offset   = [double]::NegativeInfinity
    # The request that is worked on.
    Encoded  = ''
}

function Invoke-FailbackRequest {
    param([string] $Encoded)
    $FailbackShell.Encoded = $Encoded
    $request = Read-FailbackRequest $Encoded
    $answer = New-Object -TypeName Text.StringBuilder -ArgumentList '{'
    [void] $answer.Append((Get-FailbackAnswer $request)).Append(',"clock":').Append((Get-FailbackClock)).Append('}')
    [Console]::Out.WriteLine($request.marker + (ConvertTo-FailbackLine $answer) + $request.marker)
    $Error.Clear()
}

function Invoke-FailbackOperation {
    param($Request, $Answer)
    switch ($Request.operation) {
        'open' { Open-FailbackSession $Request $Answer }
        'ping' { [void] $Answer.Append('null') }
        'connect' {
            Disconnect-FailbackHost
            if ($null -eq $Request.configurationName) { Connect-FailbackCim $Request }
            else { Connect-FailbackEndpoint $Request }
            [void] $Answer.Append('null')
        }
        default {
            if ($null -eq $FailbackShell.Endpoint) { Invoke-FailbackCim $Request $Answer }
            else { [void] $Answer.Clear().Append((Send-FailbackRequest $FailbackShell.Encoded $Request)) }
        }
    }
}

# The session's process, and the key that a password is to be sealed with.
function Open-FailbackSession {
    param($Request, $Answer)
    foreach ($module in $Request.modules) { Import-Module -Name (Get-FailbackText $module) -Global }
    [void] $Answer.Append('{"process":').Append($PID).Append(',"version":')
    Add-FailbackText $Answer $PSVersionTable.PSVersion.ToString()
    if ($Request.secret) {
        $FailbackShell.Key = New-Object -TypeName Security.Cryptography.RSACryptoServiceProvider -ArgumentList 2048
        $public = $FailbackShell.Key.ExportParameters($false)
        [void] $Answer.Append(',"key":{"modulus":"').Append([Convert]::ToBase64String($public.Modulus))
        [void] $Answer.Append('","exponent":"').Append([Convert]::ToBase64String($public.Exponent)).Append('"}')
    }
    [void] $Answer.Append('}')
}

function Disconnect-FailbackHost {
    if ($null -ne $Failback.Session) { Remove-CimSession -CimSession $Failback.Session -ErrorAction SilentlyContinue }
    if ($null -ne $FailbackShell.Endpoint) { Remove-PSSession -Session $FailbackShell.Endpoint -ErrorAction SilentlyContinue }
    $Failback.Session = $null
    $Failback.Services.Clear()
    $FailbackShell.Endpoint = $null
    $FailbackShell.Offset = [double]::NegativeInfinity
}

function Connect-FailbackCim {
    param($Request)
    $with = Get-FailbackLogOn $Request
    $with.OperationTimeoutSec = Get-FailbackTimeout $Request
    if ($Request.protocol -eq 'dcom') {
        $with.SessionOption = New-CimSessionOption -Protocol Dcom
    } else {
        $with.Port = [uint32] $Request.port
        if ($Request.useSsl) { $with.SessionOption = New-CimSessionOption -UseSsl }
        else { $with.SessionOption = New-CimSessionOption -Protocol Wsman }
    }
    $Failback.Session = New-CimSession @with
}

# What a host keeps of a session that nobody holds any more ends after a minute, the shortest that may be asked for.
function Connect-FailbackEndpoint {
    param($Request)
    $with = Get-FailbackLogOn $Request
    $with.Port = [int] $Request.port
    $with.ConfigurationName = Get-FailbackText $Request.configurationName
    $with.SessionOption = New-Object -TypeName Management.Automation.Remoting.PSSessionOption
    $with.SessionOption.OpenTimeout = [timespan]::FromSeconds((Get-FailbackTimeout $Request))
    $with.SessionOption.IdleTimeout = [timespan]::FromMinutes(1)
    $with.SessionOption.NoMachineProfile = $true
    if ($Request.useSsl) { $with.UseSSL = $true }
    $FailbackShell.Endpoint = New-PSSession @with
    $version = Send-FailbackRequest $FailbackPing $null
    if ($version -ne '"value":' + $FailbackVersion) { throw 'failback.endpoint' }
}

function Get-FailbackLogOn {
    param($Request)
    $with = @{ ComputerName = Get-FailbackText $Request.computerName }
    if ($Request.authentication -ne 'Default') { $with.Authentication = $Request.authentication }
    if ($null -ne $Request.username) {
        $password = Open-FailbackSecret $Request.password
        $with.Credential = New-Object -TypeName Management.Automation.PSCredential -ArgumentList (Get-FailbackText $Request.username), $password
    }
    $with
}

# The password as it goes into a credential; its plain text is gone at the end.
function Open-FailbackSecret {
    param($Parts)
    $secret = New-Object -TypeName Security.SecureString
    foreach ($part in $Parts) {
        $bytes = $FailbackShell.Key.Decrypt([Convert]::FromBase64String($part), $true)
        # Not by an encoding: that would replace half a surrogate pair.
        for ($at = 0; $at -lt $bytes.Length; $at += 2) { $secret.AppendChar([BitConverter]::ToChar($bytes, $at)) }
        [Array]::Clear($bytes, 0, $bytes.Length)
    }
    $secret.MakeReadOnly()
    # A comma keeps an object whole that could be taken for a list.
    , $secret
}

# Hands a request over to the endpoint, as it came: a command and its arguments, for the language there is none.
function Send-FailbackRequest {
    param([string] $Encoded, $Request)
    if ("$($FailbackShell.Endpoint.Runspace.RunspaceStateInfo.State)" -ne 'Opened') { throw 'failback.broken' }
    $isChange = $null -ne $Request.sendBy
    if ($isChange) { Assert-FailbackInTime $Request }
    $pipeline = [powershell]::Create()
    try {
        $pipeline.Runspace = $FailbackShell.Endpoint.Runspace
        [void] $pipeline.AddCommand('Invoke-FailbackHostRequest').AddParameter('Encoded', $Encoded).AddParameter('Offset', $FailbackShell.Offset)
        $Failback.Sent = $isChange
        $said = "$($pipeline.Invoke())"
    } catch {
        $cause = $_.Exception.InnerException
        if ($null -ne $cause.ErrorRecord -and $cause.ErrorRecord.FullyQualifiedErrorId -like 'CommandNotFound*') { throw 'failback.endpoint' }
        throw
    } finally {
        $pipeline.Dispose()
    }
    $clock, $line = $said.Split(' ')
    $FailbackShell.Offset = [Math]::Max($FailbackShell.Offset, [double]::Parse($clock, $FailbackCulture) - $Failback.Clock.Elapsed.TotalMilliseconds)
    ConvertFrom-FailbackLine $line
}
