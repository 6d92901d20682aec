# What a PowerShell session does for failback: it asks a host's CIM, and nothing else. Loaded once for each session, then called with one
# request after the other. For Windows PowerShell 5.1 and PowerShell 7, so it keeps to what 5.1 understands.
#
# A request is JSON (UTF-8, in base64); the answer is one JSON object (in base64 too) between two markers that the request names, so that nothing
# else that is written to the console can be taken for it. Text of a request begins with "=", without which ConvertFrom-Json would turn what looks
# like a date into one, and escapes all characters beyond ASCII. Values are data: they become arguments, never text of a script or of a query.

. (Join-Path -Path $PSScriptRoot -ChildPath 'answers.ps1')

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'
$DebugPreference = 'SilentlyContinue'
$InformationPreference = 'SilentlyContinue'
$ConfirmPreference = 'None'

$Failback = @{
    Clock    = [Diagnostics.Stopwatch]::StartNew()
    Key      = $null
    Session  = $null
    Services = @{}
    # Whether the request that is worked on may have had an effect.
    Sent     = $false
}

function Invoke-FailbackRequest {
    param([string] $Encoded)
    $request = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Encoded)))
    $Failback.Sent = $false
    $answer = New-Object -TypeName Text.StringBuilder
    try {
        [void] $answer.Append('{"value":')
        switch ($request.operation) {
            'open' { Open-FailbackSession $request $answer }
            'ping' { [void] $answer.Append('null') }
            'connect' { Connect-FailbackHost $request $answer }
            'query' { Get-FailbackInstance $request $answer }
            'get' { Get-FailbackObject $request $answer }
            'invoke' { Invoke-FailbackMethod $request $answer }
            default { throw 'This operation is not known.' }
        }
    } catch {
        [void] $answer.Clear().Append('{"failure":')
        Add-FailbackFailure $answer $_
    }
    [void] $answer.Append(',"clock":').Append($Failback.Clock.Elapsed.TotalMilliseconds.ToString('R', $FailbackCulture)).Append('}')
    [Console]::Out.WriteLine($request.marker + (ConvertTo-FailbackLine $answer) + $request.marker)
    $Error.Clear()
}

# The session's process, and the key that a password is to be sealed with.
function Open-FailbackSession {
    param($Request, $Answer)
    foreach ($module in $Request.modules) { Import-Module -Name (Get-FailbackText $module) -Global }
    [void] $Answer.Append('{"process":').Append($PID).Append(',"version":')
    Add-FailbackText $Answer $PSVersionTable.PSVersion.ToString()
    if ($Request.secret) {
        $Failback.Key = New-Object -TypeName Security.Cryptography.RSACryptoServiceProvider -ArgumentList 2048
        $public = $Failback.Key.ExportParameters($false)
        [void] $Answer.Append(',"key":{"modulus":"').Append([Convert]::ToBase64String($public.Modulus))
        [void] $Answer.Append('","exponent":"').Append([Convert]::ToBase64String($public.Exponent)).Append('"}')
    }
    [void] $Answer.Append('}')
}

function Connect-FailbackHost {
    param($Request, $Answer)
    if ($null -ne $Failback.Session) {
        Remove-CimSession -CimSession $Failback.Session -ErrorAction SilentlyContinue
        $Failback.Session = $null
        $Failback.Services.Clear()
    }
    $with = @{
        ComputerName        = Get-FailbackText $Request.computerName
        OperationTimeoutSec = Get-FailbackTimeout $Request
    }
    if ($Request.protocol -eq 'dcom') {
        $with.SessionOption = New-CimSessionOption -Protocol Dcom
    } else {
        $with.Port = [uint32] $Request.port
        if ($Request.useSsl) { $with.SessionOption = New-CimSessionOption -UseSsl }
        else { $with.SessionOption = New-CimSessionOption -Protocol Wsman }
    }
    if ($Request.authentication -ne 'Default') { $with.Authentication = $Request.authentication }
    if ($null -ne $Request.username) {
        $password = Open-FailbackSecret $Request.password
        $with.Credential = New-Object -TypeName Management.Automation.PSCredential -ArgumentList (Get-FailbackText $Request.username), $password
    }
    $Failback.Session = New-CimSession @with
    [void] $Answer.Append('null')
}

# The password as it goes into a credential; its plain text is gone at the end.
function Open-FailbackSecret {
    param($Parts)
    $secret = New-Object -TypeName Security.SecureString
    foreach ($part in $Parts) {
        $bytes = $Failback.Key.Decrypt([Convert]::FromBase64String($part), $true)
        # Not by an encoding: that would replace half a surrogate pair.
        for ($at = 0; $at -lt $bytes.Length; $at += 2) { $secret.AppendChar([BitConverter]::ToChar($bytes, $at)) }
        [Array]::Clear($bytes, 0, $bytes.Length)
    }
    $secret.MakeReadOnly()
    # A comma keeps an object whole that could be taken for a list.
    , $secret
}

function Get-FailbackInstance {
    param($Request, $Answer)
    $with = @{
        CimSession          = $Failback.Session
        Namespace           = Get-FailbackText $Request.namespace
        Query               = Get-FailbackText $Request.query
        OperationTimeoutSec = Get-FailbackTimeout $Request
    }
    $separator = '['
    foreach ($instance in @(Get-CimInstance @with)) {
        [void] $Answer.Append($separator)
        Add-FailbackInstance $Answer $instance $Request.properties
        $separator = ','
    }
    if ($separator -eq '[') { [void] $Answer.Append('[') }
    [void] $Answer.Append(']')
}

function Get-FailbackObject {
    param($Request, $Answer)
    Add-FailbackInstance $Answer (Read-FailbackObject $Request $Request.target) @()
}

# The object is asked for first: then the connection is open, and what fails before the method was called has changed nothing.
function Invoke-FailbackMethod {
    param($Request, $Answer)
    $path = ConvertTo-Json -InputObject $Request.target -Depth 4 -Compress
    # Without keys it is a class, and the method static.
    $isStatic = @($Request.target.keys).Count -eq 0
    $target = $null
    if ($null -eq $Request.sendBy) { $target = $Failback.Services[$path] }
    if ($null -eq $target -and -not $isStatic) { $target = Read-FailbackObject $Request $Request.target }
    $declared = $null
    if ($null -ne $target.CimClass) { $declared = $target.CimClass.CimClassMethods[$Request.method] }
    $arguments = New-Object -TypeName Collections.Specialized.OrderedDictionary
    foreach ($parameter in $Request.parameters) {
        $value = ConvertFrom-FailbackParameter $parameter
        # Where the class is not known to declare the method, only what [ref] makes tells a reference from an instance; [ref] itself is a variable.
        if ($parameter.type -eq 'reference' -and $null -eq $declared) {
            $value = New-Object -TypeName Management.Automation.PSReference -ArgumentList $value
        }
        $arguments.Add($parameter.name, $value)
    }
    $with = @{
        CimSession          = $Failback.Session
        MethodName          = $Request.method
        Arguments           = $arguments
        OperationTimeoutSec = Get-FailbackTimeout $Request
    }
    if ($isStatic) {
        $with.Namespace = Get-FailbackText $Request.target.namespace
        $with.ClassName = $Request.target.className
    } else {
        $with.InputObject = $target
    }
    $Failback.Services.Remove($path)
    if ($null -ne $Request.sendBy) {
        if ($Failback.Clock.Elapsed.TotalMilliseconds -gt $Request.sendBy) { throw 'failback.late' }
        $Failback.Sent = $true
    }
    $result = Invoke-CimMethod @with
    # Only services are kept, for requests without an effect: any other object may be gone by the next one.
    if ($null -eq $Request.sendBy -and $Request.target.className -like '*Service') { $Failback.Services[$path] = $target }
    Add-FailbackOutput $Answer $result
}

function Read-FailbackObject {
    param($Request, $Reference)
    Get-CimInstance -CimSession $Failback.Session -InputObject (New-FailbackReference $Reference) -OperationTimeoutSec (Get-FailbackTimeout $Request)
}

function New-FailbackReference {
    param($Reference)
    $keys = New-Object -TypeName Collections.Specialized.OrderedDictionary
    foreach ($key in $Reference.keys) { $keys.Add($key.name, (Get-FailbackText $key.value)) }
    New-CimInstance -ClientOnly -Namespace (Get-FailbackText $Reference.namespace) -ClassName $Reference.className -Property $keys -Key ([string[]] @($keys.Keys))
}

function ConvertFrom-FailbackParameter {
    param($Parameter)
    switch ($Parameter.type) {
        'reference' { New-FailbackReference $Parameter.value }
        'boolean' { (Get-FailbackText $Parameter.value) -eq 'true' }
        'uint32' { [uint32]::Parse((Get-FailbackText $Parameter.value), $FailbackCulture) }
        'uint16' { [uint16]::Parse((Get-FailbackText $Parameter.value), $FailbackCulture) }
        'datetime' { [datetime]::Parse((Get-FailbackText $Parameter.value), $FailbackCulture, [Globalization.DateTimeStyles]::RoundtripKind) }
        default { Get-FailbackText $Parameter.value }
    }
}

function Get-FailbackText {
    param($Marked)
    [regex]::Unescape($Marked.Substring(1))
}

# Seconds that are left, at least one.
function Get-FailbackTimeout {
    param($Request)
    [uint32] [Math]::Max(1, [Math]::Ceiling(($Request.deadline - $Failback.Clock.Elapsed.TotalMilliseconds) / 1000))
}
