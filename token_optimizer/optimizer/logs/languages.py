"""The words by which logs of many languages tell of errors and warnings, in lower case, as one pattern each.

German, French, Spanish, Portuguese, Italian, Dutch, the Nordic languages, Polish, Czech, Hungarian, Turkish,
Vietnamese, Indonesian, Russian, Ukrainian, Greek, Arabic, Hindi, Chinese, Japanese, Korean.
"""

from __future__ import annotations

ERROR_WORDS = (
    r"fehler|fehlgeschlagen|kritisch\w*|absturz|abgebrochen|erreurs?|échecs?|échoué\w*|fallos?|falló"
    r"|erros?|falhas?|falhou|crítico|error[ei]|fallit[oaie]|fouten|fout|mislukt|feil|fejl|virhe"
    r"|misslyckades|mislykkedes|mislyktes|błąd|błędy|niepowodzenie|chyb[ay]|selhal\w*|hiba|sikertelen"
    r"|hata|başarısız|lỗi|kesalahan|gagal|ошибк[аи]|сбой|отказ|неудач\w*|помилка|збій|σφάλμα|αποτυχία"
    r"|خطأ|فشل|त्रुटि|विफल|错误|錯誤|失败|失敗|异常|異常|严重|致命|崩溃|エラー|例外|오류|에러|실패|예외"
)
WARNING_WORDS = (
    r"warnung|achtung|avertissement|advertencia|aviso|atenção|avviso|attenzione|waarschuwing|varning"
    r"|advarsel|varoitus|ostrzeżenie|varování|figyelmeztetés|uyarı|peringatan|предупреждени[ея]"
    r"|попередження|προειδοποίηση|تحذير|चेतावनी|警告|注意|경고"
)
