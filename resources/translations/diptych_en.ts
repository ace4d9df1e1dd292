<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>RunPanel</name>
    <message numerus="yes">
        <source>%n more field(s) need attention.</source>
        <translation>
            <numerusform>%n more field needs attention.</numerusform>
            <numerusform>%n more fields need attention.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SaveGalleryDialog</name>
    <message numerus="yes">
        <source>%Ln pairs saved</source>
        <translation>
            <numerusform>%Ln pair saved</numerusform>
            <numerusform>%Ln pairs saved</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Cancelled; %Ln pairs were saved before</source>
        <translation>
            <numerusform>Cancelled; %Ln pair was saved before</numerusform>
            <numerusform>Cancelled; %Ln pairs were saved before</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Writes %Ln PNG images, their texts (metadata.jsonl), a contact sheet and a page to look through them (index.html) to:</source>
        <translation>
            <numerusform>Writes %Ln PNG image, its text (metadata.jsonl), a contact sheet and a page to look through them (index.html) to:</numerusform>
            <numerusform>Writes %Ln PNG images, their texts (metadata.jsonl), a contact sheet and a page to look through them (index.html) to:</numerusform>
        </translation>
    </message>
</context>
</TS>
