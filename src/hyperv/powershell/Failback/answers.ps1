# How answers are written. ConvertTo-Json differs between the versions of PowerShell (dates, arrays of one element, characters beyond ASCII,
# halves of surrogate pairs, the length of a document), so values are written one by one.

$FailbackCulture = [Globalization.CultureInfo]::InvariantCulture
$FailbackUnsafe = [regex]'[\x00-\x1F"\\]'
$FailbackEscape = [Text.RegularExpressions.MatchEvaluator] { param($match) '\u{0:x4}' -f [int][char] $match.Value }

function Add-FailbackInstance {
    param($Answer, $Instance, $Wanted)
    [void] $Answer.Append('{"className":')
    Add-FailbackText $Answer $Instance.CimSystemProperties.ClassName
    [void] $Answer.Append(',"properties":{')
    $separator = ''
    foreach ($property in $Instance.CimInstanceProperties) {
        if ($Wanted.Count -gt 0 -and $Wanted -notcontains $property.Name) { continue }
        $value = $property.Value
        # Most values are plain text: calling a function for each would take most of the time of a long list.
        if ($value -is [string] -and -not $FailbackUnsafe.IsMatch($value)) {
            [void] $Answer.Append($separator + '"' + $property.Name + '":["' + $value + '"]')
        } else {
            [void] $Answer.Append($separator)
            Add-FailbackProperty $Answer $property.Name $value ("$($property.CimType)" -like 'Reference*')
        }
        $separator = ','
    }
    [void] $Answer.Append('}}')
}

# Out-parameters come without their types. Hyper-V's methods give embedded instances as text, so an object is a reference.
function Add-FailbackOutput {
    param($Answer, $Result)
    [void] $Answer.Append('{"className":"","properties":{')
    $separator = ''
    foreach ($property in $Result.PSObject.Properties) {
        if ($property.Name -eq 'PSComputerName') { continue }
        [void] $Answer.Append($separator)
        Add-FailbackProperty $Answer $property.Name $property.Value $true
        $separator = ','
    }
    [void] $Answer.Append('}}')
}

# Always a list, so that an array with one element stays one: null is a list of null, an empty array is an empty list.
function Add-FailbackProperty {
    param($Answer, $Name, $Value, $IsReference)
    Add-FailbackText $Answer $Name
    [void] $Answer.Append(':[')
    if ($Value -is [Array]) {
        $separator = ''
        foreach ($element in $Value) {
            [void] $Answer.Append($separator)
            Add-FailbackValue $Answer $element $IsReference
            $separator = ','
        }
    } else {
        Add-FailbackValue $Answer $Value $IsReference
    }
    [void] $Answer.Append(']')
}

function Add-FailbackValue {
    param($Answer, $Value, $IsReference)
    if ($null -eq $Value -or $Value -is [string] -or $Value -is [ValueType]) { Add-FailbackText $Answer $Value }
    elseif ($IsReference) { Add-FailbackReference $Answer $Value }
    else { Add-FailbackInstance $Answer $Value @() }
}

function Add-FailbackReference {
    param($Answer, $Reference)
    [void] $Answer.Append('{"className":')
    Add-FailbackText $Answer $Reference.CimSystemProperties.ClassName
    [void] $Answer.Append(',"namespace":')
    Add-FailbackText $Answer $Reference.CimSystemProperties.Namespace
    [void] $Answer.Append(',"keys":[')
    $separator = ''
    $keys = @($Reference.CimInstanceProperties | Where-Object -FilterScript { "$($_.Flags)" -like '*Key*' })
    if ($keys.Count -eq 0) { $keys = @($Reference.CimInstanceProperties | Where-Object -FilterScript { $null -ne $_.Value }) }
    foreach ($key in $keys) {
        [void] $Answer.Append($separator).Append('[')
        Add-FailbackText $Answer $key.Name
        [void] $Answer.Append(',')
        Add-FailbackText $Answer $key.Value
        [void] $Answer.Append(']')
        $separator = ','
    }
    [void] $Answer.Append(']}')
}

# An answer as it is written: base64 of its UTF-16, which no code page and no encoder changes, halves of surrogate pairs included.
function ConvertTo-FailbackLine {
    param($Answer)
    $characters = $Answer.ToString().ToCharArray()
    $bytes = New-Object -TypeName byte[] -ArgumentList (2 * $characters.Length)
    [Buffer]::BlockCopy($characters, 0, $bytes, 0, $bytes.Length)
    [Convert]::ToBase64String($bytes)
}

# What was written so, as text again; not by an encoding, as it came.
function ConvertFrom-FailbackLine {
    param([string] $Line)
    $bytes = [Convert]::FromBase64String($Line)
    $characters = New-Object -TypeName char[] -ArgumentList ($bytes.Length / 2)
    [Buffer]::BlockCopy($bytes, 0, $characters, 0, $bytes.Length)
    (New-Object -TypeName Text.StringBuilder).Append($characters).ToString()
}

# A value as JSON text: whole numbers of any size and moments are text.
function Add-FailbackText {
    param($Answer, $Value)
    if ($null -eq $Value) { [void] $Answer.Append('null'); return }
    if ($Value -is [string]) { $text = $Value }
    elseif ($Value -is [bool]) { $text = "$Value".ToLowerInvariant() }
    elseif ($Value -is [datetime]) { $text = $Value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", $FailbackCulture) }
    elseif ($Value -is [timespan]) { $text = '{0:00000000}{1:00}{2:00}{3:00}.{4:000000}:000' -f $Value.Days, $Value.Hours, $Value.Minutes, $Value.Seconds, [Math]::Floor(($Value.Ticks % 10000000) / 10) }
    else { $text = [Convert]::ToString($Value, $FailbackCulture) }
    if ($FailbackUnsafe.IsMatch($text)) { $text = $FailbackUnsafe.Replace($text, $FailbackEscape) }
    [void] $Answer.Append('"').Append($text).Append('"')
}

# Whatever Windows says about a failure, in numbers where there are some: words come in the language of the host.
function Add-FailbackFailure {
    param($Answer, $Record)
    $exception = $Record.Exception
    while ($null -eq $exception.PSObject.Properties['NativeErrorCode'] -and $null -ne $exception.InnerException) { $exception = $exception.InnerException }
    $details = @{ NativeErrorCode = $null; MessageId = $null; ErrorData = $null }
    foreach ($name in @($details.Keys)) {
        $property = $exception.PSObject.Properties[$name]
        if ($null -ne $property) { $details[$name] = $property.Value }
    }
    $native = $null
    if ($null -ne $details.NativeErrorCode) { $native = [int] $details.NativeErrorCode }
    $code = $null
    if ($null -ne $details.ErrorData -and $null -ne $details.ErrorData.CimInstanceProperties) {
        $property = $details.ErrorData.CimInstanceProperties['error_Code']
        if ($null -ne $property) { $code = $property.Value }
    }
    $transport = $null
    if ($exception.GetType().Name -eq 'PSRemotingTransportException') { $transport = $exception.ErrorCode }
    [void] $Answer.Append('{"sent":').Append("$($Failback.Sent)".ToLowerInvariant())
    Add-FailbackField $Answer 'category' "$($Record.CategoryInfo.Category)"
    Add-FailbackField $Answer 'native' $native
    Add-FailbackField $Answer 'messageId' $details.MessageId
    Add-FailbackField $Answer 'errorId' $Record.FullyQualifiedErrorId
    Add-FailbackField $Answer 'errorCode' $code
    Add-FailbackField $Answer 'transportCode' $transport
    Add-FailbackField $Answer 'hresult' $exception.HResult
    Add-FailbackField $Answer 'message' $exception.Message
    [void] $Answer.Append('}')
}

function Add-FailbackField {
    param($Answer, $Name, $Value)
    [void] $Answer.Append(',"').Append($Name).Append('":')
    Add-FailbackText $Answer $Value
}
